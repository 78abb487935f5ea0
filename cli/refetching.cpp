// SPDX-License-Identifier: Apache-2.0
#include "cli/refetching.hpp"

#include "builder/image_record.hpp"
#include "builder/import.hpp"
#include "cache/origin.hpp"
#include "cli/progress_display.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace aic::cli {

namespace {

/// A file that was added has to be added again by who has it, and what was built is built again.
bool can_be_pulled(const cache::Record& record) {
    return cache::origin_of(record.reference) == cache::Origin::pulled;
}

/// By its digest, for the tag may have moved; the tag stays as a label.
oci::Reference reference_of(const cache::Record& lost) {
    const auto reference = oci::Reference::parse(lost.reference);
    const auto* in_registry = reference.registry();
    return in_registry && !in_registry->digest ? oci::Reference::parse(
               fmt::format("{}@{}", lost.reference, lost.manifest_digest.str()))
                                               : reference;
}

Refetched fetch(Session& session, const cache::Record& lost) {
    auto options = builder::options_that_made(lost);
    options.threads = std::max(1U, std::thread::hardware_concurrency());
    Progress progress;
    ProgressDisplay display(progress, session);
    auto result =
        builder::import_image(reference_of(lost), session.config(), session.environment(), options,
                              {.progress = &progress, .planned = nullptr}, session.stop());
    display.finish();
    if (result.record.id != lost.id)
        throw Error(ErrorKind::not_found, "{} is another image now, {}, and {} cannot be had",
                    lost.reference, result.record.id.short_hex(), lost.id.short_hex());
    return {std::move(result.record), std::move(result.file)};
}

} // namespace

std::vector<Refetched> fetch_again(Session& session, const std::vector<cache::Repair>& repairs) {
    std::vector<Refetched> fetched;
    for (const auto& repair : repairs) {
        if (!repair.lost || !can_be_pulled(*repair.lost))
            continue;
        try {
            fetched.push_back(fetch(session, *repair.lost));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted)
                throw;
            warn("{}", error.message());
            session.fail(error.kind());
        }
    }
    return fetched;
}

nlohmann::json to_json(const std::vector<Refetched>& images) {
    auto list = nlohmann::json::array();
    for (const auto& image : images)
        list.push_back({{"id", image.record.id.str()},
                        {"variant", image.record.variant},
                        {"reference", image.record.reference},
                        {"path", image.file.native()}});
    return list;
}

} // namespace aic::cli
