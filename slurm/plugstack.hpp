// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::slurm {

/// A line of plugstack.conf (spank(8)).
struct SpankPlugin {
    std::filesystem::path library;      ///< as written: a name without a slash is Slurm's own
    std::vector<std::string> arguments; ///< "importer=/usr/bin/aic-image-importer"
    std::filesystem::path file;         ///< where it says so
    std::size_t line = 0;

    /// What follows "name=" in the last such argument.
    std::optional<std::string> argument(std::string_view name) const;
    bool operator==(const SpankPlugin&) const = default;
};

struct Plugstack {
    std::vector<SpankPlugin> plugins;
    std::vector<std::string> includes; ///< patterns of further files, as written
};

/// One file of it. Lines that say nothing known are left out.
Plugstack parse_plugstack(std::string_view text, const std::filesystem::path& file);

/// All plugins, those of included files in their place in the order of the files. Nothing when the
/// file is not there; files that are included in a circle count once.
std::optional<std::vector<SpankPlugin>> load_plugstack(const std::filesystem::path& file);

/// pyxis among them.
std::optional<SpankPlugin> find_pyxis(const std::vector<SpankPlugin>& plugins);

/// Where it is, as Slurm looks for it: where slurm.conf says, else beside that. `configuration` as
/// show_configuration() has it.
std::filesystem::path plugstack_file(const std::optional<std::string>& configuration,
                                     const Environment& environment);

/// What pyxis calls us by.
inline constexpr const char* k_importer = "aic-image-importer";
bool is_our_importer(const std::filesystem::path& program);

/// Whether pyxis gets its images from us here, so that it can be told their names. Where that is
/// not known, no.
bool gets_images_from_us(const std::optional<std::string>& configuration,
                         const Environment& environment);

} // namespace aic::slurm
