// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace aic {

/// A setting and where it came from: "AIC_IMAGE_ROOT", a file's path, or "default".
template <typename T>
struct Setting {
    T value{};
    std::string origin;
};

/// How long images stay, the table [gc] of the settings.
struct GcConfig {
    Setting<std::chrono::seconds> min_age;   ///< what was used within this time stays
    Setting<std::chrono::seconds> trash_age; ///< what was removed can be restored for so long
    Setting<std::optional<std::uint64_t>> max_size_bytes; ///< of all the user's images
};

/// When a job asks the registry for an image.
enum class PullPolicy {
    always,     ///< what is here is used where the registry does not answer
    if_missing, ///< only for what is not here
    never,
};

/// As it is written in the settings: "if-missing".
const char* to_string(PullPolicy policy);

/// What `importer` does, the table [importer] of the settings.
struct ImporterConfig {
    Setting<PullPolicy> pull;
};

/// Which work is a job of Slurm's unless the command line says otherwise, the table [on_cluster].
struct OnClusterConfig {
    Setting<bool> pull;
    Setting<bool> build;
    Setting<std::string> options; ///< of srun's: "--partition=cpu --cpus-per-task=8"
};

/// What stands in a file of settings and is none.
struct UnknownSetting {
    std::string key; ///< "gc.minage"
    std::filesystem::path file;
    std::optional<std::string> meant; ///< the setting that it is probably
};

/// What the user and the site decided, read once at the start and handed on.
struct Config {
    Setting<std::filesystem::path> store; ///< the store that new images go to
    Setting<std::vector<std::filesystem::path>>
        further_stores;                           ///< where images are looked for after that
    Setting<std::vector<std::string>> publishers; ///< whose images are used: users, "@group"s
    Setting<std::filesystem::path> spool;         ///< node-local directory for downloads
    Setting<std::string> compression;             ///< "zstd", "zstd:3", "lz4", "gzip", "none"
    Setting<std::string> block_size;              ///< "128K"
    /// "host[:port]" that may be spoken to without TLS
    Setting<std::vector<std::string>> insecure_registries;
    GcConfig gc;
    ImporterConfig importer;
    OnClusterConfig on_cluster;
    Setting<std::filesystem::path> stage_directory; ///< node-local, above each user's copies
    std::vector<UnknownSetting> unknown;            ///< what the files say besides
};

using Environment = std::function<std::optional<std::string>(const char* name)>;

/// The process's environment; a variable that is set but empty counts as absent.
std::optional<std::string> environment_variable(const char* name);

/// Environment, then `~/.config/aic-image/config.toml`, then `/etc/aic-image/config.toml`, then
/// defaults. A file that is not valid TOML or has a value of the wrong type throws Error(usage)
/// with its line.
Config load_config(const Environment& environment,
                   const std::filesystem::path& site_file = "/etc/aic-image/config.toml");

/// $HOME, else the password database's answer.
std::filesystem::path home_directory(const Environment& environment);

/// Where what this program notes for the user's eyes lies: $XDG_STATE_HOME/aic-image, else
/// ~/.local/state/aic-image.
std::filesystem::path state_directory(const Environment& environment);

} // namespace aic
