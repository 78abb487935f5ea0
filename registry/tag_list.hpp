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

/// Asks the registry, since a mirror may have fewer tags; only where it does not answer or refuses
/// its mirrors in their order, and says so. When none has any, what the registry did wrong is
/// thrown.
TagList list_tags(const oci::RegistryReference& repository, const Config& config,
                  const Environment& environment, std::stop_token stop);

} // namespace aic::registry
