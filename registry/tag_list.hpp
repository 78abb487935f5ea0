// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "oci/reference.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace aic::registry {

/// The tags of a repository, and who listed them.
struct TagList {
    std::vector<std::string> tags; ///< in the order of the list
    std::string from;              ///< "host[:port]"
};

/// Asks the repository's mirrors in their order, then the registry itself; says so when a mirror
/// answered, which may have fewer tags. Throws as places.hpp has it.
TagList list_tags(const oci::RegistryReference& repository, const Config& config,
                  const Environment& environment, std::stop_token stop);

} // namespace aic::registry
