// SPDX-License-Identifier: Apache-2.0
#include "cli/session.hpp"

#include "core/error.hpp"
#include "core/printable.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace aic::cli {

std::string to_text(const nlohmann::json& value, int indent) {
    return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

Session::Session(GlobalOptions options, std::vector<std::string> words, std::stop_token stop,
                 std::function<int()> signal)
    : options_(std::move(options))
    , words_(std::move(words))
    , stop_(stop)
    , signal_(std::move(signal)) {}

const Config& Session::config() {
    if (!config_) {
        config_ = load_config(environment_);
        if (options_.store)
            config_->store = {std::filesystem::absolute(*options_.store).lexically_normal(),
                              "--store"};
    }
    return *config_;
}

bool Session::offline() const {
    constexpr const char* k_variable = "AIC_IMAGE_OFFLINE";
    if (options_.offline)
        return true;
    const auto value = environment_(k_variable);
    if (!value || *value == "0" || *value == "no" || *value == "false")
        return false;
    if (*value == "1" || *value == "yes" || *value == "true")
        return true;
    throw Error(ErrorKind::usage, "'{}' in {} is neither yes nor no", printable(*value),
                k_variable);
}

void Session::require_network(std::string_view verb) const {
    if (offline())
        throw Error(ErrorKind::network, "'{}' asks a registry, and that is forbidden", verb)
            .with_hint("leave out --offline and AIC_IMAGE_OFFLINE where there is a network");
}

ProgressStyle Session::progress_style() const {
    // Eight ranks of a job are one audience.
    const auto rank = environment_("SLURM_PROCID");
    if (options_.quiet || (rank && *rank != "0"))
        return ProgressStyle::none;
    if (options_.progress != ProgressStyle::automatic)
        return options_.progress;
    if (options_.json)
        return ProgressStyle::json;
    const auto terminal = environment_("TERM");
    return ::isatty(STDERR_FILENO) && terminal && *terminal != "dumb" ? ProgressStyle::tty
                                                                      : ProgressStyle::plain;
}

void Session::print(std::string_view line) {
    // In one piece: the progress thread prints events too.
    print_bytes(std::string(line) + "\n");
}

void Session::print_bytes(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size())
        throw system_error("writing to standard output");
}

void Session::print_json(const nlohmann::json& value) {
    print(to_text(value, 2));
}

void Session::print_event(const nlohmann::json& event) {
    print(to_text(event));
    flush();
}

void Session::say(std::string_view line) {
    if (options_.quiet)
        return;
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fputc('\n', stderr);
}

void Session::flush() {
    if (std::fflush(stdout) != 0)
        throw system_error("writing to standard output");
}

} // namespace aic::cli
