// SPDX-License-Identifier: Apache-2.0
#include "builder/compaction.hpp"

#include "builder/image_record.hpp"
#include "builder/live_data.hpp"
#include "builder/packing.hpp"
#include "builder/segment_cut.hpp"
#include "builder/stored_tree.hpp"
#include "cache/modes.hpp"
#include "cache/trash.hpp"
#include "cache/visibility.hpp"
#include "core/duration.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/range_reader.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::builder {

namespace {

/// As copy_range(), for places that lie in their 4 KiB alike: what comes before the next 4 KiB is
/// copied first, so that the rest can be shared.
void copy_extent(FilePlace from, FilePlace to, std::uint64_t length_bytes) {
    const auto to_boundary = squashfs::align_up(from.offset, squashfs::k_alignment) - from.offset;
    const auto head = std::min(to_boundary, length_bytes);
    if (head > 0 && from.offset % squashfs::k_alignment == to.offset % squashfs::k_alignment) {
        copy_range(from, to, head);
        from.offset += head;
        to.offset += head;
        length_bytes -= head;
    }
    if (length_bytes > 0)
        copy_range(from, to, length_bytes);
}

/// One image's compaction, step by step.
class Compaction {
public:
    Compaction(const cache::StoredImage& image, std::stop_token stop)
        : image_(image)
        , stop_(std::move(stop))
        , stored_(read_tree(image))
        , live_(live_data(stored_.tree, stored_.plan, stored_.segments)) {
        for (std::size_t i = 0; i < live_.size(); ++i) {
            const auto& whole = stored_.segments[i]->segment;
            auto cut = live_[i].dead_bytes > 0 ? std::optional(cut_segment(whole, live_[i]))
                                               : std::nullopt;
            const bool is_foreign = image.record.segments.at(i).format
                                    == squashfs::k_foreign_segment_format; // whole or not at all
            // What was cut before may have gaps left, which stay.
            if (cut && (is_foreign || cut->data.length_bytes >= whole.length_bytes))
                cut.reset();
            cuts_.push_back(std::move(cut));
        }
    }

    bool saves_anything() const {
        return std::ranges::any_of(cuts_, [](const auto& cut) { return cut.has_value(); });
    }

    /// Image, layer index and record, as a directory that can be published.
    void write_into(const fs::path& directory) {
        const auto path = directory / image_.record.file_name;
        ImageFile file(path);
        copy_segments(file);
        const auto tables =
            build_tables(stored_.tree, file.placed(stored_.plan), table_options(), file.end());
        BuiltImage built;
        built.segments = file.segments();
        built.parts = file.finish(tables);
        built.size_bytes = file.size_bytes();
        built.dead_bytes = dead_bytes_left();
        const auto index_hash = write_layer_index(built, directory / cache::k_layer_index_name);
        write_file(directory / cache::k_record_name, to_json(record_for(built, index_hash)),
                   cache::k_image_mode);
        cache::set_modes(directory, cache::visibility_of(image_.directory));
    }

private:
    void copy_segments(ImageFile& file) {
        const auto path = image_.file();
        const auto from = open_file(path, O_RDONLY | O_NOFOLLOW);
        for (std::size_t i = 0; i < live_.size(); ++i) {
            const auto& segment = image_.record.segments[i];
            const FilePlace place{from.get(), path, segment.offset};
            if (stop_.stop_requested())
                throw Error(ErrorKind::interrupted, "stopped");
            if (cuts_[i])
                copy_live(place, i, file);
            else
                file.append_segment(place, stored_.segments[i], segment.producer_uid,
                                    segment.format);
        }
    }

    void copy_live(const FilePlace& from, std::size_t index, ImageFile& file) {
        const auto& cut = *cuts_[index];
        const auto& whole = *stored_.segments[index];
        // The cut segment gets a hash of its own: damage must not get one.
        if (RangeReader(from.fd, from.path, stop_).hash_of(from.offset, whole.segment.length_bytes)
            != whole.segment.hash)
            throw Error(ErrorKind::integrity,
                        "the segment at {} is damaged: 'aic-image verify' "
                        "says what to do",
                        from.offset);
        const auto target = file.target(nullptr);
        for (const auto& move : cut.moves) {
            if (stop_.stop_requested())
                throw Error(ErrorKind::interrupted, "stopped");
            copy_extent({from.fd, from.path, from.offset + move.from},
                        {target.fd, target.path, target.offset + move.to}, move.length_bytes);
        }
        auto layer = whole;
        layer.segment = cut.data;
        layer.segment.hash = RangeReader(target.fd, target.path, stop_)
                                 .hash_of(target.offset, cut.data.length_bytes);
        file.add_segment(std::make_shared<const layers::LayerIndex>(std::move(layer)));
    }

    /// The gaps in front of extents that keep their place in their 4 KiB.
    std::uint64_t dead_bytes_left() const {
        std::uint64_t left = 0;
        for (std::size_t i = 0; i < live_.size(); ++i)
            left +=
                cuts_[i] ? cuts_[i]->data.length_bytes - live_[i].live_bytes : live_[i].dead_bytes;
        return left;
    }

    squashfs::TableOptions table_options() const {
        const auto packing = packing_of(image_);
        return {.compression = packing.compression,
                .foreign = packing.foreign,
                .block_bytes = packing.block_bytes,
                .mkfs_time_seconds = stored_.config.created_seconds};
    }

    cache::Record record_for(const BuiltImage& built, ContentHash index_hash) const {
        auto record = image_.record;
        record.size_bytes = built.size_bytes;
        record.file_digest = digest_of(built.parts);
        record.header = record_part(built.parts.front());
        record.tables = record_part(built.parts.back());
        record.layer_index_hash = index_hash;
        record.dead_bytes = built.dead_bytes;
        record.made_by = made_by();
        for (std::size_t i = 0; i < record.segments.size(); ++i) {
            const auto& part = built.parts[i + 1];
            auto& segment = record.segments[i];
            segment.offset = part.offset;
            segment.length_bytes = part.length_bytes;
            segment.hash = part.hash;
            if (cuts_[i])
                segment.format = squashfs::k_cut_segment_format;
        }
        return record;
    }

    const cache::StoredImage& image_;
    std::stop_token stop_;
    const StoredTree stored_;
    const std::vector<LiveSegment> live_;
    std::vector<std::optional<CutSegment>> cuts_; ///< by segment; nothing for one that stays whole
};

} // namespace

CompactionChoice choose_compaction(std::uint64_t size_bytes, std::uint64_t dead_bytes,
                                   std::chrono::seconds idle, std::chrono::seconds min_age) {
    const auto percent = size_bytes == 0 ? 0 : dead_bytes * 100 / size_bytes;
    if (dead_bytes * 100 <= size_bytes * k_min_dead_percent)
        return {false, fmt::format("{} % of it is dead: that is not worth it", percent)};
    if (idle < min_age)
        return {false, fmt::format("{} % of it is dead, and it was used or made {} ago", percent,
                                   human_duration(idle))};
    return {true, fmt::format("{} % of it is dead", percent)};
}

std::optional<cache::StoredImage> compact(const cache::Store& store,
                                          const cache::StoredImage& image, std::stop_token stop) {
    return in_context(
        [&] { return fmt::format("compacting '{}'", image.file().native()); },
        [&]() -> std::optional<cache::StoredImage> {
            const auto& layout = store.layout();
            Compaction compaction(image, std::move(stop));
            if (!compaction.saves_anything())
                return std::nullopt;
            const WorkDir work(layout.temporary());
            const auto staged = work.path() / "image";
            make_directories(staged, cache::k_directory_mode);
            compaction.write_into(staged);
            if (!cache::Trash(layout).replace(image.record.id, image.record.variant, staged))
                return std::nullopt;
            return store.find(image.record.id, image.record.variant);
        });
}

} // namespace aic::builder
