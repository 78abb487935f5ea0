// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace aic {

/// The machine's name as it calls itself; "unknown" when it does not say.
std::string host_name();
/// What names this boot of this machine; "" when the kernel does not say.
std::string boot_id();
/// What names the process numbers that this process sees; "" when the kernel does not say.
std::string pid_namespace();
/// The caller's login name, or his number where it has none.
std::string user_name();

} // namespace aic
