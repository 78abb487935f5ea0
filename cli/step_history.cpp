// SPDX-License-Identifier: Apache-2.0
#include "cli/step_history.hpp"

#include "builder/build/step_layer.hpp"
#include "builder/build/step_log.hpp"
#include "cli/local_time.hpp"
#include "cli/table.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

#include <nlohmann/json.hpp>

namespace aic::cli {

namespace {

/// The record may be another user's, and say anything.
std::string shown_time(const std::string& text) try {
    return local_time(cache::parse_utc_time(text));

} catch (const Error&) {

    return printable(text);
}

std::string log_of(const build::BuiltLayer& layer, const Environment& environment) {
    const auto log = build::find_log(environment, layer.diff_id);
    return log ? log->native() : std::string();
}

} // namespace

std::string step_table(const cache::Record& record, const Environment& environment) {
    const auto layers = build::built_layers(record);
    if (layers.empty())
        return "";
    std::vector<std::vector<std::string>> rows = {{"STEP", "MADE", "TOOK", "SIZE", "LOG"}};
    for (const auto& layer : layers) {
        const auto log = log_of(layer, environment);
        rows.push_back({printable(layer.label), shown_time(layer.made), printable(layer.took),
                        human_size(layer.layer_bytes), log.empty() ? "-" : printable(log)});
    }
    return format_table(rows);
}

nlohmann::json step_history_json(const cache::Record& record, const Environment& environment) {
    auto list = nlohmann::json::array();
    for (const auto& layer : build::built_layers(record)) {
        const auto log = log_of(layer, environment);
        list.push_back({{"label", layer.label},
                        {"made", layer.made},
                        {"took", layer.took},
                        {"diff_id", layer.diff_id.str()},
                        {"layer_bytes", layer.layer_bytes},
                        {"log", log.empty() ? nlohmann::json(nullptr) : nlohmann::json(log)}});
    }
    return list;
}

} // namespace aic::cli
