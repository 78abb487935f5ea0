// SPDX-License-Identifier: Apache-2.0
#include "cache/store_description.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::uint64_t k_highest_format = 1'000'000;
constexpr int k_first_format_with_presets = 2;
constexpr std::uint64_t k_max_description_bytes = 1 << 20;
constexpr std::array<std::pair<Preset, const char*>, 3> k_presets{
    {{Preset::personal, "private"}, {Preset::lab, "lab"}, {Preset::site, "site"}}};

std::optional<Preset> preset_of(std::string_view text) {
    for (const auto& [preset, name] : k_presets)
        if (text == name)
            return preset;
    return std::nullopt;
}

} // namespace

const char* to_string(Preset preset) {
    for (const auto& [other, name] : k_presets)
        if (preset == other)
            return name;
    return "";
}

Preset parse_preset(std::string_view text) {
    if (const auto preset = preset_of(text))
        return *preset;
    throw Error(ErrorKind::usage, "'{}' is no preset: there are private, lab and site", text);
}

std::string to_json(const StoreDescription& description) {
    const nlohmann::json value = {{"format", description.format},
                                  {"min_reader", 1},
                                  {"min_writer", description.min_writer},
                                  {"preset", to_string(description.preset)},
                                  {"trust", description.trusts_group ? "group" : "publishers"}};
    return value.dump(2) + "\n";
}

StoreDescription parse_description(std::string_view text, const fs::path& path) {
    const auto value = nlohmann::json::parse(text, nullptr, false);
    const auto broken = [&] {
        return Error(ErrorKind::integrity, "'{}' does not describe a store", path.native());
    };
    const auto number = [&](const char* key) {
        const auto field = value.is_object() ? value.find(key) : value.end();
        if (field == value.end() || !field->is_number_unsigned()
            || field->get<std::uint64_t>() > k_highest_format)
            throw broken();
        return field->get<int>();
    };
    const auto word = [&](const char* key) {
        const auto field = value.find(key);
        if (field == value.end() || !field->is_string())
            throw broken();
        return field->get<std::string>();
    };
    if (const int reader = number("min_reader"); reader > k_store_format)
        throw Error(ErrorKind::usage, "the store '{}' has format {}, which needs a newer aic-image",
                    path.parent_path().native(), reader);
    StoreDescription description{.format = number("format"), .min_writer = number("min_writer")};
    if (description.format < k_first_format_with_presets)
        return description;
    const auto preset = preset_of(word("preset"));
    if (!preset)
        throw broken();
    description.preset = *preset;
    description.trusts_group = word("trust") == "group";
    return description;
}

std::optional<StoreDescription> read_description(const fs::path& path) {
    const auto text = read_file_if_exists(path, k_max_description_bytes);
    return text ? std::optional(parse_description(*text, path)) : std::nullopt;
}

SharedModes shared_modes(Preset preset) {
    switch (preset) {
    case Preset::personal:
        break;
    case Preset::lab:
        // Sticky, so that nobody moves another's things; the root is its owner's alone, or else
        // anybody could move all of u/ (docs/decisions/0020-presets.md).
        return {.root = 02755, .shared = 03775};
    case Preset::site:
        return {.root = 0755, .shared = 0755};
    }
    return {.root = 0700, .shared = 0700};
}

} // namespace aic::cache
