// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace aic::slurm {

/// What enroot.conf says: lines "ENROOT_DATA_PATH /run/enroot/user-$(id -u)", in which a shell
/// expands what stands there. The first line of a name that says something counts.
using EnrootSettings = std::map<std::string, std::string>;

/// Lines that are no setting are left out.
EnrootSettings parse_enroot_settings(std::string_view text);

/// `enroot.conf`, then `enroot.conf.d/*.conf`, in enroot's directory of settings.
EnrootSettings load_enroot_settings(const std::filesystem::path& directory);

/// The value that a shell would make of a setting, with "$(id -u)", "$(id -un)" and the caller's
/// variables in it; nothing where it uses more of the shell than that.
std::optional<std::string> expand_setting(std::string_view text, const Environment& environment);

/// ENROOT_SYSCONF_PATH, else "/etc/enroot".
std::filesystem::path enroot_settings_directory(const Environment& environment);

} // namespace aic::slurm
