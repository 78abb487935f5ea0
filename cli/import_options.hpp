// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "cli/session.hpp"

#include <string>

namespace aic::cli {

/// How images are pulled by the settings, for this machine, with all its cores. What is said of
/// compression and block size goes before the settings unless it is empty.
builder::ImportOptions configured_import(Session& session, const std::string& compression = "",
                                         const std::string& block_size = "");

} // namespace aic::cli
