// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.hpp"
#include "registry/blob_arrival.hpp"
#include "registry/partial_blob.hpp"

#include <list>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace aic::registry {

/// One blob being downloaded, perhaps over several connections at a time.
struct BlobDownload {
    oci::Descriptor descriptor;
    std::vector<std::size_t> positions = {};    ///< where it stands in the caller's list
    std::optional<PartialBlob> partial = {};    ///< none until there is something to write
    std::list<ByteRange> active = {};           ///< what is being fetched at present
    std::vector<std::string> foreign_urls = {}; ///< still to be tried where the registry lacks it
    std::size_t first_place = 0;                ///< that may have it; those before it have failed
    std::set<std::string> sources = {};         ///< places that have sent some of it
    bool ranges_work = false;                   ///< the place has answered with a part of this blob
    bool whole_only = false;                    ///< it is not to be asked for parts
    std::optional<Digest> wrong_digest = {};    ///< as which it arrived the first time
    bool is_finished = false;
    std::shared_ptr<BlobArrival> arrival = {}; ///< once somebody reads it while it comes

    ByteRange whole() const { return {0, descriptor.size_bytes}; }

    /// What is neither there nor being fetched.
    std::vector<ByteRange> open_ranges() const;
    std::vector<ByteRange> missing_in(ByteRange range) const;
};

/// What is still to be fetched, in pieces. Blobs above a size come in several, so that connections
/// can share them; the pieces become smaller towards the end. They come in the order given, and
/// each from its start on: that is the order in which they are read as they arrive.
class PieceQueue {
public:
    static constexpr std::uint64_t k_split_above_bytes = 64ULL << 20;
    static constexpr std::uint64_t k_most_piece_bytes = 32ULL << 20;
    static constexpr std::uint64_t k_least_piece_bytes = 8ULL << 20;
    /// A piece is no more than such a part of what is left of its blob, so that connections which
    /// are added find something to do, and all end at about the same time.
    static constexpr std::uint64_t k_shares = 24;

    struct Piece {
        BlobDownload* download;
        std::list<ByteRange>::iterator range; ///< in `download->active`, until it is erased there
    };

    explicit PieceQueue(std::vector<BlobDownload*> downloads) : downloads_(std::move(downloads)) {}

    /// The next piece, now active; nothing when all is there or being fetched, or waits for the
    /// registry to show that it can serve parts.
    std::optional<Piece> take();

private:
    std::vector<BlobDownload*> downloads_;
};

} // namespace aic::registry
