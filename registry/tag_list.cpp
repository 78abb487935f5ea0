// SPDX-License-Identifier: Apache-2.0
#include "registry/tag_list.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "registry/places.hpp"

namespace aic::registry {

namespace {

TagList tags_of(Client& client, std::stop_token stop) {
    return {client.tags(stop), client.name()};
}

/// Of the first mirror that has any; throws `error`, of the registry, when none has.
TagList tags_of_mirrors(Places& places, const Error& error, std::stop_token stop) {
    for (std::size_t place = 0; place < places.registry(); ++place) {
        try {
            auto list = tags_of(places[place], stop);
            inform("{}: {}; the tags are those of the mirror {}, which may not be all",
                   places[places.registry()].name(), error.message(), list.from);
            return list;
        } catch (const Error& of_mirror) {
            if (!is_of_the_place(of_mirror.kind()))
                throw;
            debug("mirror {}: {}", places[place].name(), of_mirror.message());
        }
    }
    throw places.naming_mirrors(error);
}

} // namespace

TagList list_tags(const oci::RegistryReference& repository, const Config& config,
                  const Environment& environment, std::stop_token stop) {
    Places places(repository, config, environment);
    try {
        return tags_of(places[places.registry()], stop);
    } catch (const Error& error) {
        if (!is_of_the_place(error.kind()))
            throw;
        return tags_of_mirrors(places, error, stop);
    }
}

} // namespace aic::registry
