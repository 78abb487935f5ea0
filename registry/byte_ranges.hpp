// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace aic::registry {

/// From `begin` up to, not including, `end`.
struct ByteRange {
    std::uint64_t begin = 0, end = 0;

    std::uint64_t size() const { return end - begin; }

    bool operator==(const ByteRange&) const = default;
};

/// Which bytes of something are there: ranges in order that neither touch nor overlap.
class ByteRanges {
public:
    /// Whatever is there already stays; an empty range changes nothing.
    void add(ByteRange range);

    /// How many bytes from the start on are there without a gap.
    std::uint64_t prefix() const;
    /// How many are there in all.
    std::uint64_t total() const;
    /// What is missing within `range`, in order.
    std::vector<ByteRange> gaps(ByteRange range) const;

    std::span<const ByteRange> list() const { return ranges_; }

    bool operator==(const ByteRanges&) const = default;

private:
    std::vector<ByteRange> ranges_;
};

} // namespace aic::registry
