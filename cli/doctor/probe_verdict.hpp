// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store_probe.hpp"
#include "cli/doctor/finding.hpp"

#include <filesystem>
#include <string>

namespace aic::cli::doctor {

/// What it means for a store how its file system behaved.
Findings judge_probe(const cache::StoreProbe& probe, uid_t caller);

/// How owners come to be seen as they are.
std::string mend_owners();
/// How the caller may come to write in a store that he cannot write in.
std::string mend_access(const std::filesystem::path& root);
/// As strerror(3).
std::string error_text(int error_number);

} // namespace aic::cli::doctor
