// SPDX-License-Identifier: Apache-2.0
#include "oci/history.hpp"

#include "core/error.hpp"

#include <nlohmann/json.hpp>

namespace aic::oci {

using nlohmann::json;

namespace {

std::string text_of(const json& entry, const char* name) {
    const auto value = entry.find(name);
    return value != entry.end() && value->is_string() ? value->get<std::string>() : std::string();
}

} // namespace

std::vector<HistoryEntry> parse_history(std::string_view config_json) try {
    const auto config = json::parse(config_json);
    const auto& diff_ids = config.at("rootfs").at("diff_ids");
    std::vector<HistoryEntry> entries;
    std::size_t layers = 0;
    for (const auto& entry : config.at("history")) {
        HistoryEntry read{.created = text_of(entry, "created"),
                          .created_by = text_of(entry, "created_by"),
                          .comment = text_of(entry, "comment"),
                          .layer = std::nullopt};
        if (!entry.value("empty_layer", false))
            read.layer = DiffId::parse(diff_ids.at(layers++).get<std::string>());
        entries.push_back(std::move(read));
    }
    return layers == diff_ids.size() ? entries : std::vector<HistoryEntry>();

} catch (const json::exception&) {

    return {};

} catch (const Error&) {

    return {};
}

} // namespace aic::oci
