// SPDX-License-Identifier: Apache-2.0
#include "registry/piece_queue.hpp"

#include <algorithm>

namespace aic::registry {

std::vector<ByteRange> BlobDownload::missing_in(ByteRange range) const {
    return partial ? partial->ranges().gaps(range) : std::vector{range};
}

std::vector<ByteRange> BlobDownload::open_ranges() const {
    auto taken = partial ? partial->ranges() : ByteRanges();
    for (const auto& range : active)
        taken.add(range);
    return taken.gaps(whole());
}

static std::uint64_t open_bytes(const BlobDownload& download) {
    const bool may_share = download.ranges_work && !download.whole_only;
    if (download.is_finished || (!download.active.empty() && !may_share))
        return 0;
    if (download.descriptor.size_bytes == 0)
        return 1; // nothing to fetch, but somebody has to find that out
    std::uint64_t bytes = 0;
    for (const auto& range : download.open_ranges())
        bytes += range.size();
    return bytes;
}

static ByteRange first_piece(const BlobDownload& download) {
    if (download.whole_only || download.descriptor.size_bytes == 0)
        return download.whole();
    auto range = download.open_ranges().front();
    if (download.descriptor.size_bytes > PieceQueue::k_split_above_bytes)
        range.end = std::min(range.end, range.begin + PieceQueue::k_piece_bytes);
    return range;
}

std::optional<PieceQueue::Piece> PieceQueue::take() {
    std::erase_if(downloads_, [](const auto* download) { return download->is_finished; });
    BlobDownload* largest = nullptr;
    std::uint64_t most = 0;
    for (auto* download : downloads_)
        if (const auto bytes = open_bytes(*download); bytes > most) {
            largest = download;
            most = bytes;
        }
    if (!largest)
        return std::nullopt;
    largest->active.push_back(first_piece(*largest));
    return Piece{largest, std::prev(largest->active.end())};
}

} // namespace aic::registry
