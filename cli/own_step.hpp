// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace aic::cli {

/// This program again, as a step of the job around us: srun with `options`, then our words, which
/// know the store that was said and whether we are quiet.
std::vector<std::string> own_step(const Session& session, std::vector<std::string> options,
                                  const std::vector<std::string>& words);

/// salloc, and in the job that it gets, this program.
std::vector<std::string> own_allocation(const std::string& job_name, bool is_quiet,
                                        const std::vector<std::string>& options,
                                        const std::vector<std::string>& words);

/// Where the verb stands in our command line: a global option may have a value of its name.
std::size_t verb_position(const std::vector<std::string>& words, const std::string& verb);

/// The environment for steps of ours: no pyxis puts them into a container.
std::vector<std::string> environment_outside_containers();

} // namespace aic::cli
