// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace aic::commit {

/// The /etc/passwd or /etc/group that an image gets from a container. enroot writes these files
/// anew whenever a container starts, with lines for whoever starts it and without apt's user: what
/// comes of that stays out. So the base's lines, those of `own` as they are there, the others as
/// the container has them, then what the container has besides, but for `own`.
std::string merge_accounts(std::string_view base, std::string_view container,
                           const std::set<std::string>& own);

} // namespace aic::commit
