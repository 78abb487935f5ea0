// SPDX-License-Identifier: Apache-2.0
#include "cli/hand_out.hpp"

#include "cache/lease.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

void take_lease(const cache::Library& library, const cache::StoredImage& image,
                slurm::LeaseFor whom, const Environment& environment) {
    const auto holder = slurm::current_holder(whom, environment);
    if (!holder)
        return;
    try {
        auto store = library.callers_store_of(image);
        store.prepare();
        cache::Leases(store.layout())
            .take(slurm::lease_for(*holder, {image.record.id, image.record.variant},
                                   static_cast<uid_t>(image.record.owner_uid), environment));
    } catch (const Error& error) {
        debug("taking a lease for {}: {}", holder->str(), error.message());
    }
}

} // namespace

void note_handed_out(const cache::Library& library, const cache::StoredImage& image,
                     slurm::LeaseFor whom, const Environment& environment) {
    take_lease(library, image, whom, environment);
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
