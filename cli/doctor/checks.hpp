// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/doctor/finding.hpp"
#include "core/config.hpp"

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace aic::cli::doctor {

/// Each setting, and where it came from; what stands in the files and is no setting.
Section check_settings(const Config& config);

/// A store that the settings name: what it is, its file system, its directories, what is free.
Section check_store(const Config& config, const std::filesystem::path& root);

/// Where downloads go that are not finished, and what setup scripts write.
Section check_spool(const Config& config);

/// What this machine has to have: user namespaces, FUSE, programs for squashfs.
Section check_machine(const Config& config, std::stop_token stop);

/// Slurm, pyxis and enroot, as far as they are seen from this machine.
Section check_cluster(const Environment& environment, std::stop_token stop);

/// Which registries answer, and what they say to which credentials: those that are named, for which
/// there are credentials, and from which images of the store came; else the two that most use.
Section check_registries(const Config& config, const Environment& environment,
                         const std::vector<std::string>& named, std::stop_token stop);

} // namespace aic::cli::doctor
