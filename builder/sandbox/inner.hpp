// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aic::sandbox {

/// What the program is called, in place of its own name, to become the sandbox's first process.
inline constexpr std::string_view k_inner_name = "aic-image: sandbox";

/// The sandbox from within, as a process of its own that has no threads. Three processes, each in
/// what the one before it made: the first is given the descriptors of report.hpp and makes the user
/// namespace; the second is first in a process namespace, so that with it everything ends, and has
/// the mounts, the file server and afterwards the layer to see to; the third is first in another
/// process namespace and waits for the script, which sees nothing else. The exit status.
int inner_main() noexcept;

} // namespace aic::sandbox
