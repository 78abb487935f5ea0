// SPDX-License-Identifier: Apache-2.0
#include "builder/image_file.hpp"

#include "core/error.hpp"

#include <unistd.h>

namespace aic::builder {

FileDigest digest_of(std::span<const FilePart> parts) {
    Sha256Hasher hash;
    for (const auto& part : parts) {
        const std::uint64_t numbers[2] = {part.offset, part.length_bytes};
        hash.update(std::as_bytes(std::span(numbers)));
        hash.update(part.hash.bytes());
    }
    return FileDigest(hash.finish());
}

ImageFile::ImageFile(const std::filesystem::path& path)
    : path_(path)
    , fd_(open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600)) {}

void ImageFile::add_segment(std::shared_ptr<const layers::LayerIndex> layer) {
    segments_.push_back({layer, end_, fragment_count_, std::nullopt});
    fragment_count_ += static_cast<std::uint32_t>(layer->segment.fragments.size());
    const auto last = end_ + layer->segment.length_bytes;
    end_ = squashfs::align_up(last, squashfs::k_alignment);
    // A file that was taken back at the segment's end may have left bytes here.
    const Bytes padding(end_ - last);
    pwrite_all(fd_.get(), padding, last, path_);
}

CopyMethod ImageFile::append_segment(const FilePlace& from,
                                     std::shared_ptr<const layers::LayerIndex> layer,
                                     std::optional<std::int64_t> producer_uid,
                                     std::uint32_t format) {
    const auto method = copy_range(from, {fd_.get(), path_, end_}, layer->segment.length_bytes);
    add_segment(std::move(layer));
    segments_.back().producer_uid = producer_uid;
    segments_.back().format = format;
    return method;
}

std::vector<squashfs::PlacedSegment> ImageFile::placed(const LayerPlan& plan) const {
    std::vector<squashfs::PlacedSegment> placed;
    for (std::uint32_t layer = 0; layer <= plan.order.size(); ++layer) {
        const auto& segment = segments_.at(plan.segment_of(layer));
        placed.push_back({&segment.layer->segment, segment.offset, segment.first_fragment});
    }
    return placed;
}

std::vector<FilePart> ImageFile::finish(const squashfs::ImageTables& tables) {
    pwrite_all(fd_.get(), tables.header, 0, path_);
    pwrite_all(fd_.get(), tables.bytes, end_, path_);

    std::vector<FilePart> parts;
    parts.push_back({0, tables.header.size(), ContentHash::of(tables.header)});
    for (const auto& segment : segments_)
        parts.push_back(
            {segment.offset, segment.layer->segment.length_bytes, segment.layer->segment.hash});
    parts.push_back({end_, tables.bytes.size(), ContentHash::of(tables.bytes)});

    end_ += tables.bytes.size();
    // A file taken back at the very end may have left bytes beyond.
    if (::ftruncate(fd_.get(), static_cast<off_t>(end_)) != 0)
        throw system_error("writing '{}'", path_.native());
    fsync_checked(fd_.get(), path_);
    fd_.close_checked(path_);
    return parts;
}

} // namespace aic::builder
