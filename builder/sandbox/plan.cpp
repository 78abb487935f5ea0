// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/plan.hpp"

#include "core/error.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace aic::sandbox {

using nlohmann::json;

namespace {

/// Paths and scripts are bytes, and JSON is text: each byte stands as the character of its number.
std::string widened(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xC0 | (byte >> 6));
            text += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return text;
}

std::string narrowed(const std::string& text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80 || i + 1 == text.size())
            bytes += text[i];
        else
            bytes += static_cast<char>(((lead & 0x03) << 6)
                                       | (static_cast<unsigned char>(text[++i]) & 0x3F));
    }
    return bytes;
}

json list_of(const std::vector<std::string>& texts) {
    auto list = json::array();
    for (const auto& text : texts)
        list.push_back(widened(text));
    return list;
}

std::vector<std::string> texts_of(const json& list) {
    std::vector<std::string> texts;
    for (const auto& text : list)
        texts.push_back(narrowed(text.get<std::string>()));
    return texts;
}

std::string text_of(const json& object, const char* key) {
    return narrowed(object.at(key).get<std::string>());
}

/// A fraction or a sign would be converted without a word.
std::uint32_t id_of(const json& value) {
    if (!value.is_number_unsigned() || !std::in_range<std::uint32_t>(value.get<std::uint64_t>()))
        throw Error(ErrorKind::integrity, "reading the sandbox's plan: {} is no id", value.dump());
    return value.get<std::uint32_t>();
}

} // namespace

std::string to_json(const Plan& plan) {
    auto files = json::array();
    for (const auto& file : plan.files)
        files.push_back({{"path", widened(file.path)}, {"text", widened(file.text)}});
    auto binds = json::array();
    for (const auto& bind : plan.binds)
        binds.push_back({{"source", widened(bind.source)},
                         {"target", widened(bind.target)},
                         {"is_writable", bind.is_writable},
                         {"is_optional", bind.is_optional}});
    const json document = {{"images", list_of(plan.images)},
                           {"scratch", widened(plan.scratch)},
                           {"files", files},
                           {"binds", binds},
                           {"script_name", widened(plan.script_name)},
                           {"script", widened(plan.script)},
                           {"arguments", list_of(plan.arguments)},
                           {"environment", list_of(plan.environment)},
                           {"working_directory", widened(plan.working_directory)},
                           {"host_name", widened(plan.host_name)},
                           {"has_shell", plan.has_shell},
                           {"is_program", plan.purpose == Purpose::program},
                           {"has_terminal", plan.has_terminal},
                           {"is_read_only", plan.is_read_only},
                           {"keeps_changes", plan.keeps_changes},
                           {"ids", plan.ids ? json({plan.ids->uid, plan.ids->gid}) : json()}};
    return document.dump();
}

Plan parse_plan(std::string_view text) {
    try {
        const auto document = json::parse(text);
        Plan plan{.images = texts_of(document.at("images")),
                  .scratch = text_of(document, "scratch"),
                  .files = {},
                  .binds = {},
                  .script_name = text_of(document, "script_name"),
                  .script = text_of(document, "script"),
                  .arguments = texts_of(document.at("arguments")),
                  .environment = texts_of(document.at("environment")),
                  .working_directory = text_of(document, "working_directory"),
                  .host_name = text_of(document, "host_name"),
                  .has_shell = document.at("has_shell").get<bool>(),
                  .purpose =
                      document.at("is_program").get<bool>() ? Purpose::program : Purpose::step,
                  .has_terminal = document.at("has_terminal").get<bool>(),
                  .is_read_only = document.at("is_read_only").get<bool>(),
                  .keeps_changes = document.at("keeps_changes").get<bool>()};
        if (const auto& ids = document.at("ids"); !ids.is_null())
            plan.ids = Ids{id_of(ids.at(0)), id_of(ids.at(1))};
        for (const auto& file : document.at("files"))
            plan.files.push_back({text_of(file, "path"), text_of(file, "text")});
        for (const auto& bind : document.at("binds"))
            plan.binds.push_back({text_of(bind, "source"), text_of(bind, "target"),
                                  bind.at("is_writable").get<bool>(),
                                  bind.at("is_optional").get<bool>()});
        return plan;
    } catch (const json::exception& error) {
        throw Error(ErrorKind::integrity, "reading the sandbox's plan: {}", error.what());
    }
}

} // namespace aic::sandbox
