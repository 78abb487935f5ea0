// SPDX-License-Identifier: Apache-2.0
#include "cli/reference_argument.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/printable.hpp"
#include "registry/tag_pattern.hpp"

#include <vector>

namespace aic::cli {

namespace {

/// The tags of a repository that references of the store have.
std::vector<std::string> known_tags(const cache::Library& library,
                                    const oci::RegistryReference& repository) {
    std::vector<std::string> tags;
    for (const auto& record : library.references()) {
        if (!record.reference.starts_with(repository.registry))
            continue;
        try {
            const auto reference = oci::Reference::parse(record.reference);
            const auto* image = reference.registry();
            if (image && image->tag && image->registry == repository.registry
                && image->repository == repository.repository)
                tags.push_back(*image->tag);
        } catch (const Error&) {
            continue; // what another release wrote may be none to this one
        }
    }
    return tags;
}

} // namespace

oci::Reference choose_known_reference(std::string_view text, const cache::Library& library) {
    const auto pattern = registry::split_tag_pattern(text);
    if (!pattern)
        return oci::Reference::parse(text);
    const auto any = pattern->with_tag("x");
    const auto newest =
        registry::newest_match(known_tags(library, *any.registry()), pattern->pattern);
    if (!newest)
        throw Error(ErrorKind::not_found, "no tag of {} that was pulled fits '{}'",
                    any.registry()->repository, oci::printable(pattern->pattern))
            .with_hint("leave out --offline where there is a network; 'aic-image list' shows what "
                       "is here");
    auto chosen = pattern->with_tag(*newest);
    inform("{} is the newest here that fits '{}'", chosen.str(), oci::printable(pattern->pattern));
    return chosen;
}

oci::Reference choose_reference(const std::string& text, Session& session) {
    if (session.offline())
        return choose_known_reference(text, session.library());
    return registry::choose_reference(text, session.config(), session.environment(),
                                      session.stop());
}

} // namespace aic::cli
