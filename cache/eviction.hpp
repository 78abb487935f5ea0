// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/holders.hpp"
#include "core/digest.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aic::cache {

/// All that matters for whether an image stays.
struct ImageFacts {
    ImageId id;
    std::string variant;
    std::string reference;  ///< as it was pulled
    std::string repository; ///< the reference without tag and digest
    std::uint64_t size_bytes = 0;
    std::int64_t created_seconds = 0;         ///< Unix time
    std::optional<std::int64_t> used_seconds; ///< Unix time; nothing when never
    std::vector<Holder> holders;

    /// When it was last used, or else made.
    std::int64_t active_seconds() const {
        return std::max(created_seconds, used_seconds.value_or(0));
    }
};

/// What is asked for. Without `max_age` and `max_size_bytes`, everything goes that may go.
struct EvictionOptions {
    std::int64_t now_seconds = 0;
    std::chrono::seconds min_age{}; ///< what was active within this time stays in any case
    std::optional<std::chrono::seconds> max_age; ///< what was not active for so long goes
    std::optional<std::uint64_t> max_size_bytes; ///< of all images, those that are held included
    std::size_t keep_newest = 0;                 ///< of each repository these stay
};

enum class Verdict { keep, remove };

struct Decision {
    ImageFacts image;
    Verdict verdict = Verdict::keep;
    std::string reason; ///< "the name 'exp'", "not used for 40 d"
};

/// Decides about every image; pure. In the order in which images go: the one that was active
/// longest ago first, and of equal ones by id and variant. An image that something holds, or that
/// was active within `min_age`, is never chosen.
std::vector<Decision> choose(std::vector<ImageFacts> images, const EvictionOptions& options);

} // namespace aic::cache
