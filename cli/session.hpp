// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/library.hpp"
#include "core/config.hpp"
#include "core/error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cli {

enum class ProgressStyle { automatic, tty, plain, json, none };

/// What the options before and after the verb say, the same for every command.
struct GlobalOptions {
    std::optional<std::string> store;
    bool json = false;
    bool quiet = false;
    bool offline = false;
    ProgressStyle progress = ProgressStyle::automatic;
    std::string log_level = "info";
};

/// What a command has to work with, and the only way it prints. Results go to stdout, messages to
/// stderr.
class Session {
public:
    /// `words` are the whole command line, `signal` says which signal a stop is.
    Session(GlobalOptions options, std::vector<std::string> words, std::stop_token stop,
            std::function<int()> signal);

    const Config& config();

    const Environment& environment() const { return environment_; }

    const GlobalOptions& options() const { return options_; }

    /// The command line as it was given, from the program's name on.
    const std::vector<std::string>& words() const { return words_; }

    std::stop_token stop() const { return stop_; }

    /// That asked for the stop.
    int signal() const { return signal_(); }

    bool json() const { return options_.json; }

    /// No registry may be asked: --offline, or AIC_IMAGE_OFFLINE. Throws Error(usage) when that is
    /// neither yes nor no.
    bool offline() const;
    /// Throws Error(network) when no registry may be asked, which `verb` has to.
    void require_network(std::string_view verb) const;

    cache::Store store() { return cache::Store(config().store.value); }

    /// The store was said on the command line, which nobody but this process knows.
    bool has_said_store() const { return options_.store.has_value(); }

    /// Everything that the caller may use.
    cache::Library library() { return cache::Library(config()); }

    /// The style of progress that fits the terminal, the options and this process's rank in a job.
    ProgressStyle progress_style() const;

    /// The command goes on to print its result, and exits with the status of this kind.
    void fail(ErrorKind kind) { status_ = static_cast<int>(kind); }

    /// The command exits with this status, which is another program's.
    void exit_with(int status) { status_ = status; }

    int status() const { return status_; }

    /// A line of the result, on stdout.
    void print(std::string_view line);
    /// Bytes of the result, on stdout, as they are.
    void print_bytes(std::string_view bytes);
    void print_json(const nlohmann::json& value);
    /// One JSON object on one line, at once.
    void print_event(const nlohmann::json& event);
    /// A message, on stderr, unless --quiet.
    void say(std::string_view line);
    /// Throws Error(system) when stdout could not take everything.
    void flush();

private:
    GlobalOptions options_;
    std::vector<std::string> words_;
    std::stop_token stop_;
    std::function<int()> signal_;
    Environment environment_ = environment_variable;
    std::optional<Config> config_;
    int status_ = 0;
};

/// JSON text of a value; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const nlohmann::json& value, int indent = -1);

} // namespace aic::cli
