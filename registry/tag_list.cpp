// SPDX-License-Identifier: Apache-2.0
#include "registry/tag_list.hpp"

#include "core/log.hpp"
#include "registry/places.hpp"

namespace aic::registry {

TagList list_tags(const oci::RegistryReference& repository, const Config& config,
                  const Environment& environment, std::stop_token stop) {
    Places places(repository, config, environment);
    return places.ask([&](Client& client) {
        TagList list{client.tags(stop), client.name()};
        if (client.is_mirror())
            inform("the tags are those of the mirror {}", list.from);
        return list;
    });
}

} // namespace aic::registry
