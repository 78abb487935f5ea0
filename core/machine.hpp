// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace aic {

/// The machine's name as it calls itself; "unknown" when it does not say.
std::string host_name();
/// What names this boot of this machine; "" when the kernel does not say.
std::string boot_id();
/// What names the process numbers that this process sees; "" when the kernel does not say.
std::string pid_namespace();
/// A user's login name, printable, or his number where he has none.
std::string user_name(uid_t user);
/// A group's name, likewise.
std::string group_name(gid_t group);

} // namespace aic
