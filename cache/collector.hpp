// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/eviction.hpp"
#include "cache/lease.hpp"
#include "cache/store.hpp"

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <vector>

namespace aic::cache {

/// What choose() needs to know about every image of the store. The caller's leases in the files
/// `over` count for nothing.
std::vector<ImageFacts> facts_of(const Store& store,
                                 const std::vector<std::filesystem::path>& over = {});

struct CollectOptions {
    enum class Mode { collect, dry_run };

    EvictionOptions eviction;
    std::chrono::seconds trash_age{}; ///< what was removed longer ago is unlinked; 0 is everything
    Mode mode = Mode::collect;
    LiveJobsQuery live_jobs{}; ///< whether the jobs still run that leases are of
};

struct Collected {
    std::vector<Decision> decisions; ///< as they were carried out
    std::size_t emptied_images = 0;  ///< unlinked for good
    std::uint64_t emptied_bytes = 0; ///< their files
    std::size_t leavings =
        0; ///< references, states, uses and leases that are of no use to anybody any more
};

/// Lets go of leases whose jobs are over, moves what was chosen into the trash, then unlinks old
/// trash and the leavings of names, references, uses and killed commands. Safe beside anything else
/// that works with the store: an image that somebody began to hold or use meanwhile stays. A dry
/// run says what would happen.
Collected collect(const Store& store, const CollectOptions& options, std::stop_token stop);

/// The part that costs next to nothing, after a publication: old trash and the leavings of killed
/// commands, until about 50 ms are over; and the reserve is filled. What fails is told at debug
/// level.
void collect_a_little(const Store& store, std::chrono::seconds trash_age) noexcept;

} // namespace aic::cache
