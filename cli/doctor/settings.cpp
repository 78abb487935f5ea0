// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/checks.hpp"
#include "core/bytes.hpp"
#include "core/duration.hpp"

#include <fmt/format.h>

namespace aic::cli::doctor {

namespace {

std::string text_of(const std::string& value) {
    return value;
}

std::string text_of(const std::filesystem::path& value) {
    return value.native();
}

template <typename T>
std::string text_of(const std::vector<T>& values) {
    std::string text;
    for (const auto& value : values)
        text += (text.empty() ? "" : ", ") + text_of(value);
    return text.empty() ? "none" : text;
}

std::string text_of(std::chrono::seconds value) {
    return written_duration(value);
}

std::string text_of(const std::optional<std::uint64_t>& bytes) {
    return bytes ? human_size(*bytes) : "no limit";
}

std::string text_of(bool value) {
    return value ? "true" : "false";
}

std::string text_of(PullPolicy policy) {
    return to_string(policy);
}

template <typename T>
Finding of(const char* key, const Setting<T>& setting) {
    return ok(key, fmt::format("{}  ({})", text_of(setting.value), setting.origin));
}

Finding of(const UnknownSetting& unknown) {
    const auto text = fmt::format("'{}' says so, but it is no setting", unknown.file.native());
    return warning(unknown.key, text,
                   unknown.meant ? fmt::format("call it '{}', or take it out", *unknown.meant)
                                 : "take it out");
}

} // namespace

Section check_settings(const Config& config) {
    Section section{
        "settings",
        {of("store", config.store), of("stores", config.further_stores),
         of("publishers", config.publishers), of("spool", config.spool),
         of("compression", config.compression), of("block_size", config.block_size),
         of("insecure_registries", config.insecure_registries), of("gc.min_age", config.gc.min_age),
         of("gc.trash_age", config.gc.trash_age), of("gc.max_size", config.gc.max_size_bytes),
         of("importer.pull", config.importer.pull), of("on_cluster.pull", config.on_cluster.pull),
         of("on_cluster.build", config.on_cluster.build),
         of("on_cluster.options", config.on_cluster.options),
         of("stage.directory", config.stage_directory)}};
    for (const auto& unknown : config.unknown)
        section.findings.push_back(of(unknown));
    return section;
}

} // namespace aic::cli::doctor
