// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/copy_range.hpp"
#include "builder/layer_plan.hpp"
#include "builder/layers/layer_index.hpp"
#include "builder/squashfs/image_tables.hpp"
#include "builder/squashfs/segment_committer.hpp"
#include "core/content_hash.hpp"
#include "core/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace aic::builder {

/// A part of an image file and its hash.
struct FilePart {
    std::uint64_t offset = 0;
    std::uint64_t length_bytes = 0;
    ContentHash hash;
};

/// The digest of a whole file: a SHA-256 over its parts' offsets, lengths and hashes, in order, so
/// that a segment taken from elsewhere need not be read again.
FileDigest digest_of(std::span<const FilePart> parts);

/// An image file as it grows: a header, a row of segments, tables on top.
class ImageFile {
public:
    explicit ImageFile(const std::filesystem::path& path);

    /// Where the next segment begins.
    std::uint64_t end() const { return end_; }

    squashfs::SegmentTarget target(std::atomic<std::uint64_t>* written_bytes) const {
        return {fd_.get(), path_, end_, written_bytes};
    }

    /// The segment at end() is complete.
    void add_segment(std::shared_ptr<const layers::LayerIndex> layer);
    /// Copies a segment that was made elsewhere to end(), then as add_segment(). The producer, if
    /// it is known, is who made its bytes.
    CopyMethod append_segment(const FilePlace& from,
                              std::shared_ptr<const layers::LayerIndex> layer,
                              std::optional<std::int64_t> producer_uid = {},
                              std::uint32_t format = squashfs::k_segment_format);

    struct Segment {
        std::shared_ptr<const layers::LayerIndex> layer;
        std::uint64_t offset;
        std::uint32_t first_fragment;
        std::optional<std::int64_t> producer_uid; ///< of one that was taken over
        std::uint32_t format = squashfs::k_segment_format;
    };

    const std::vector<Segment>& segments() const { return segments_; }

    /// The segments by the layers of a tree that was merged by `plan`.
    std::vector<squashfs::PlacedSegment> placed(const LayerPlan& plan) const;

    /// Writes header and tables and syncs everything; the parts of the finished file, in order.
    std::vector<FilePart> finish(const squashfs::ImageTables& tables);

    std::uint64_t size_bytes() const { return end_; }

private:
    std::filesystem::path path_;
    Fd fd_;
    std::uint64_t end_ = squashfs::k_alignment;
    std::uint32_t fragment_count_ = 0;
    std::vector<Segment> segments_;
};

} // namespace aic::builder
