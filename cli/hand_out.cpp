// SPDX-License-Identifier: Apache-2.0
#include "cli/hand_out.hpp"

#include "cache/lease.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"

#include <ctime>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

void take_lease(const cache::Library& library, const cache::StoredImage& image,
                const cache::Lease& lease) {
    try {
        auto store = library.callers_store_of(image);
        store.prepare();
        cache::Leases(store.layout()).take(lease);
    } catch (const Error& error) {
        debug("taking a lease for {}: {}", lease.holder.str(), error.message());
    }
}

cache::ImageKey key_of(const cache::StoredImage& image) {
    return {image.record.id, image.record.variant};
}

uid_t owner_of(const cache::StoredImage& image) {
    return static_cast<uid_t>(image.record.owner_uid);
}

} // namespace

void note_handed_out(const cache::Library& library, const cache::StoredImage& image,
                     slurm::LeaseFor whom, const Environment& environment) {
    if (const auto holder = slurm::current_holder(whom, environment))
        take_lease(library, image,
                   slurm::lease_for(*holder, key_of(image), owner_of(image), environment));
    library.note_use(image);
}

void hold_for_job(const cache::Library& library, const cache::StoredImage& image,
                  const std::string& job, const std::optional<std::string>& cluster) {
    // Nothing of this machine or of a job around us is said of it: it runs elsewhere, and whenever.
    take_lease(library, image,
               {.holder = {.job = job,
                           .step = cache::k_whole_job,
                           .host = host_name(),
                           .cluster = cluster},
                .image = key_of(image),
                .image_owner = owner_of(image),
                .boot_id = "",
                .taken_seconds = std::time(nullptr)});
    library.note_use(image);
}

cache::StoredImage hand_out(const cache::Library& library, cache::StoredImage image,
                            const std::function<cache::StoredImage()>& find, slurm::LeaseFor whom,
                            const Environment& environment) {
    // Whoever removes an image looks for leases once more after taking it away, so one that is
    // there after we hold it stays.
    constexpr int k_attempts = 3;
    for (int attempt = 1;; ++attempt) {
        note_handed_out(library, image, whom, environment);
        std::error_code ignored;
        if (fs::exists(image.file(), ignored))
            return image;
        if (attempt == k_attempts)
            throw Error(ErrorKind::busy, "'{}' was removed again and again", image.file().native());
        image = find();
    }
}

} // namespace aic::cli
