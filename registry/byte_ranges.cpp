// SPDX-License-Identifier: Apache-2.0
#include "registry/byte_ranges.hpp"

#include <algorithm>

namespace aic::registry {

void ByteRanges::add(ByteRange range) {
    if (range.begin >= range.end)
        return;
    // Those that end before ours begins stay; what touches ours becomes part of it.
    const auto first = std::ranges::lower_bound(ranges_, range.begin, {}, &ByteRange::end);
    auto last = first;
    for (; last != ranges_.end() && last->begin <= range.end; ++last) {
        range.begin = std::min(range.begin, last->begin);
        range.end = std::max(range.end, last->end);
    }
    ranges_.insert(ranges_.erase(first, last), range);
}

std::uint64_t ByteRanges::prefix() const {
    return !ranges_.empty() && ranges_.front().begin == 0 ? ranges_.front().end : 0;
}

std::uint64_t ByteRanges::total() const {
    std::uint64_t bytes = 0;
    for (const auto& range : ranges_)
        bytes += range.size();
    return bytes;
}

std::vector<ByteRange> ByteRanges::gaps(ByteRange range) const {
    std::vector<ByteRange> missing;
    auto position = range.begin;
    for (const auto& present : ranges_) {
        if (present.end <= position)
            continue;
        if (present.begin >= range.end)
            break;
        if (present.begin > position)
            missing.push_back({position, present.begin});
        position = present.end;
    }
    if (position < range.end)
        missing.push_back({position, range.end});
    return missing;
}

} // namespace aic::registry
