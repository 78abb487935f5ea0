// SPDX-License-Identifier: Apache-2.0
#include "core/config.hpp"

#include "core/bytes.hpp"
#include "core/duration.hpp"
#include "core/edit_distance.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/printable.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>

namespace fs = std::filesystem;

namespace aic {

std::optional<std::string> environment_variable(const char* name) {
    const char* value = std::getenv(name);
    return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

const char* to_string(PullPolicy policy) {
    switch (policy) {
    case PullPolicy::always:
        return "always";
    case PullPolicy::if_missing:
        return "if-missing";
    case PullPolicy::never:
        return "never";
    }
    return "";
}

fs::path home_directory(const Environment& environment) {
    if (const auto home = environment("HOME"))
        return *home;
    if (const auto* entry = ::getpwuid(::geteuid()))
        return entry->pw_dir;
    return "/";
}

fs::path state_directory(const Environment& environment) {
    const auto state = environment("XDG_STATE_HOME");
    return (state ? fs::path(*state) : home_directory(environment) / ".local/state") / "aic-image";
}

namespace {

constexpr std::uint64_t k_max_settings_bytes = 1 << 20;

struct SettingsFile {
    fs::path path;
    toml::table table;
};

std::optional<SettingsFile> load_file(const fs::path& path) {
    const auto text = read_file_if_exists(path, k_max_settings_bytes);
    if (!text)
        return std::nullopt;
    try {
        return SettingsFile{path, toml::parse(*text)};
    } catch (const toml::parse_error& error) {
        throw Error(ErrorKind::usage, "reading '{}': line {}: {}", path.native(),
                    error.source().begin.line, error.description());
    }
}

/// Calls `visit(key)` with the path of every value of the table, as "gc.min_age".
template <typename Visit>
void for_each_key(const toml::table& table, const std::string& prefix, const Visit& visit) {
    for (const auto& [key, node] : table) {
        const auto path = prefix + std::string(key.str());
        if (const auto* inner = node.as_table())
            for_each_key(*inner, path + ".", visit);
        else
            visit(path);
    }
}

/// Looks a setting up in the environment, then the files in order.
class Lookup {
public:
    Lookup(const Environment& environment, std::vector<SettingsFile> files)
        : environment_(environment)
        , files_(std::move(files)) {}

    Setting<std::string> text(const char* variable, const char* key, std::string fallback) const {
        const auto found = in_files(key);
        if (const auto value = environment_(variable))
            return {*value, variable};
        return found.value_or(Setting<std::string>{std::move(fallback), "default"});
    }

    /// A setting of the files alone.
    Setting<std::string> text(const char* key, std::string fallback) const {
        return in_files(key).value_or(Setting<std::string>{std::move(fallback), "default"});
    }

    /// Likewise; true or false, and false where it is not said.
    Setting<bool> flag(const char* key) const {
        return in_files<bool>(key, "true or false").value_or(Setting<bool>{false, "default"});
    }

    /// A setting of the files alone, which `parse` makes a value of; `key` is a path such as
    /// "gc.min_age".
    template <typename T, typename Parse>
    Setting<T> parsed(const char* key, T fallback, Parse&& parse) const {
        const auto found = in_files(key);
        if (!found)
            return {std::move(fallback), "default"};
        return in_context([&] { return fmt::format("'{}' in '{}'", key, found->origin); },
                          [&] {
                              return Setting<T>{parse(found->value), found->origin};
                          });
    }

    std::vector<std::string> list(const char* key) const {
        asked_for_.insert(key);
        std::vector<std::string> all;
        for (const auto& file : files_)
            if (const auto* array = file.table[key].as_array())
                for (const auto& element : *array)
                    if (const auto value = element.value<std::string>())
                        all.push_back(*value);
        return all;
    }

    /// What all files have under the key, in their order, and which of them have it.
    Setting<std::vector<std::string>> merged(const char* key) const {
        std::string origin;
        for (const auto& file : files_) {
            const auto node = file.table[key];
            if (!node)
                continue;
            if (!node.is_array())
                throw Error(ErrorKind::usage, "'{}' in '{}' is not a list of strings", key,
                            file.path.native());
            origin += (origin.empty() ? "" : ", ") + file.path.native();
        }
        return {list(key), origin.empty() ? "default" : origin};
    }

    /// What the files say that was not asked for before.
    std::vector<UnknownSetting> unknown() const {
        const std::vector<std::string> known(asked_for_.begin(), asked_for_.end());
        std::vector<UnknownSetting> all;
        for (const auto& file : files_)
            for_each_key(file.table, "", [&](const std::string& key) {
                if (!asked_for_.contains(key))
                    all.push_back({printable(key), file.path, nearest(key, known)});
            });
        return all;
    }

private:
    template <typename T = std::string>
    std::optional<Setting<T>> in_files(const char* key, const char* what = "a string") const {
        asked_for_.insert(key);
        for (const auto& file : files_) {
            const auto node = file.table.at_path(key);
            if (!node)
                continue;
            if (const auto value = node.value<T>())
                return Setting<T>{*value, file.path.native()};
            throw Error(ErrorKind::usage, "'{}' in '{}' is not {}", key, file.path.native(), what);
        }
        return std::nullopt;
    }

    const Environment& environment_;
    std::vector<SettingsFile> files_;
    mutable std::set<std::string> asked_for_;
};

/// Whether the caller's subtree is in the store, or can be made there.
bool is_writable(const fs::path& store) {
    for (const auto& place : {store / "u" / std::to_string(::geteuid()), store / "u", store}) {
        if (::access(place.c_str(), W_OK | X_OK) == 0)
            return true;
        if (errno != ENOENT)
            break;
    }
    return false;
}

fs::path private_store(const Environment& environment, const fs::path& home) {
    const auto data = environment("XDG_DATA_HOME");
    return (data ? fs::path(*data) : home / ".local/share") / "aic-image";
}

GcConfig gc_config(const Lookup& lookup) {
    using namespace std::chrono_literals;
    return {
        .min_age = lookup.parsed<std::chrono::seconds>("gc.min_age", 14 * 24h, parse_duration),
        .trash_age = lookup.parsed<std::chrono::seconds>("gc.trash_age", 7 * 24h, parse_duration),
        .max_size_bytes =
            lookup.parsed<std::optional<std::uint64_t>>("gc.max_size", std::nullopt, parse_size),
    };
}

PullPolicy parse_pull_policy(const std::string& text) {
    for (const auto policy : {PullPolicy::always, PullPolicy::if_missing, PullPolicy::never})
        if (text == to_string(policy))
            return policy;
    throw Error(ErrorKind::usage, "'{}' is none of always, if-missing, never", text);
}

fs::path absolute_path(const std::string& text, const fs::path& home) {
    fs::path path = text;
    if (text == "~" || text.starts_with("~/"))
        path = home / text.substr(std::min<std::size_t>(2, text.size()));
    return fs::absolute(path).lexically_normal();
}

Setting<fs::path> as_path(Setting<std::string> setting, const fs::path& home) {
    return {absolute_path(setting.value, home), std::move(setting.origin)};
}

using SearchPath = Setting<std::vector<fs::path>>;

/// Where a setting comes from that nobody made.
constexpr const char* k_on_cluster_options = "--cpus-per-task=4 --time=2:00:00";
constexpr const char* k_unnamed = "default";
constexpr const char* k_stores_variable = "AIC_IMAGE_STORES";

/// The stores in which images are looked for, in their order; in the variable with colons between.
/// Where no store is named at all, the one that the whole cluster may have.
SearchPath search_path(const Lookup& lookup, const Environment& environment, const fs::path& home) {
    const fs::path shared = "/data/aic-image";
    auto words = lookup.merged("stores");
    if (const auto value = environment(k_stores_variable)) {
        words = {{}, k_stores_variable};
        for (std::size_t begin = 0; begin <= value->size();) {
            const auto end = std::min(value->find(':', begin), value->size());
            if (end > begin)
                words.value.push_back(value->substr(begin, end - begin));
            begin = end + 1;
        }
    }
    SearchPath path{{}, words.origin};
    for (const auto& word : words.value)
        path.value.push_back(absolute_path(word, home));
    std::error_code ignored;
    const bool is_named = lookup.text("AIC_IMAGE_ROOT", "store", "").origin != k_unnamed;
    if (path.value.empty() && !is_named && fs::exists(shared, ignored))
        path.value.push_back(shared);
    return path;
}

/// The store that new images go to: the one that is named, else the first of the search path that
/// can be written to.
Setting<fs::path> store_to_write(const Lookup& lookup, const SearchPath& path,
                                 const Environment& environment, const fs::path& home) {
    const auto named = lookup.text("AIC_IMAGE_ROOT", "store", "");
    if (named.origin != k_unnamed)
        return as_path(named, home);
    const auto writable = std::ranges::find_if(path.value, is_writable);
    if (writable != path.value.end())
        return {*writable, path.origin};
    return {private_store(environment, home), k_unnamed};
}

} // namespace

Config load_config(const Environment& environment, const fs::path& site_file) {
    const auto home = home_directory(environment);
    const auto config_home = environment("XDG_CONFIG_HOME");
    const auto user_directory = config_home ? fs::path(*config_home) : home / ".config";

    std::vector<SettingsFile> files;
    for (const auto& path : {user_directory / "aic-image/config.toml", site_file})
        if (auto file = load_file(path))
            files.push_back(std::move(*file));
    const Lookup lookup(environment, std::move(files));

    const auto temporary = environment("TMPDIR").value_or("/var/tmp");
    const auto spool = fs::path(temporary) / fmt::format("aic-image-{}", ::geteuid());
    const auto path = search_path(lookup, environment, home);
    Config config = {
        .store = store_to_write(lookup, path, environment, home),
        .further_stores = path,
        .publishers = lookup.merged("publishers"),
        .spool = as_path(lookup.text("AIC_IMAGE_SPOOL", "spool", spool), home),
        .compression = lookup.text("AIC_IMAGE_COMPRESSION", "compression", "zstd"),
        .block_size = lookup.text("AIC_IMAGE_BLOCK_SIZE", "block_size", "128K"),
        .insecure_registries = lookup.merged("insecure_registries"),
        .gc = gc_config(lookup),
        .importer = {lookup.parsed("importer.pull", PullPolicy::if_missing, parse_pull_policy)},
        .on_cluster = {lookup.flag("on_cluster.pull"), lookup.flag("on_cluster.build"),
                       lookup.text("on_cluster.options", k_on_cluster_options)},
        .stage_directory = as_path(lookup.text("stage.directory", "/tmp"), home),
    };
    config.unknown = lookup.unknown(); // after all others
    return config;
}

} // namespace aic
