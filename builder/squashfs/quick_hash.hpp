// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace aic::squashfs {

/// A quick 128-bit hash that finds files which are probably the same. Layers come from strangers
/// who can make such hashes collide, so whoever finds a match compares the bytes too.
struct QuickHash {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const QuickHash&) const = default;

    static QuickHash of(std::span<const std::byte> bytes, std::uint64_t seed = 0) {
        const auto hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
        return {hash.low64, hash.high64};
    }
};

/// The hash of a file that comes in blocks: over its blocks' hashes, so that holes cost nothing.
class RunHash {
public:
    void reset(std::uint64_t size_bytes) { hash_ = {size_bytes, 0}; }

    void add_block(std::span<const std::byte> block) { add(QuickHash::of(block)); }

    void add_holes(std::uint32_t count) { add({count, k_hole}); }

    QuickHash value() const { return hash_; }

private:
    static constexpr std::uint64_t k_hole = 0x686f6c65;

    void add(QuickHash next) {
        const QuickHash both[2] = {hash_, next};
        hash_ = QuickHash::of(std::as_bytes(std::span(both)));
    }

    QuickHash hash_;
};

} // namespace aic::squashfs

template <>
struct std::hash<aic::squashfs::QuickHash> {
    std::size_t operator()(const aic::squashfs::QuickHash& key) const noexcept { return key.low; }
};
