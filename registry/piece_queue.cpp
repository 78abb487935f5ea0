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

static bool has_piece(const BlobDownload& download) {
    const bool may_share = download.ranges_work && !download.whole_only;
    if (download.is_finished || (!download.active.empty() && !may_share))
        return false;
    // Of an empty blob there is nothing to fetch, but somebody has to find that out.
    return download.descriptor.size_bytes == 0 || !download.open_ranges().empty();
}

static std::uint64_t piece_bytes(const std::vector<ByteRange>& open) {
    std::uint64_t left = 0;
    for (const auto& range : open)
        left += range.end - range.begin;
    return std::clamp(left / PieceQueue::k_shares, PieceQueue::k_least_piece_bytes,
                      PieceQueue::k_most_piece_bytes);
}

static ByteRange first_piece(const BlobDownload& download) {
    if (download.whole_only || download.descriptor.size_bytes == 0)
        return download.whole();
    const auto open = download.open_ranges();
    auto range = open.front();
    if (download.descriptor.size_bytes > PieceQueue::k_split_above_bytes)
        range.end = std::min(range.end, range.begin + piece_bytes(open));
    return range;
}

std::optional<PieceQueue::Piece> PieceQueue::take() {
    std::erase_if(downloads_, [](const auto* download) { return download->is_finished; });
    const auto next =
        std::ranges::find_if(downloads_, [](const auto* download) { return has_piece(*download); });
    if (next == downloads_.end())
        return std::nullopt;
    auto& download = **next;
    download.active.push_back(first_piece(download));
    return Piece{&download, std::prev(download.active.end())};
}

} // namespace aic::registry
