// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/layer_index.hpp"

#include "builder/layers/path.hpp"
#include "core/error.hpp"

#include <algorithm>

namespace aic::layers {

namespace {

constexpr std::string_view k_file_magic = "aic-layers";
constexpr std::uint64_t k_file_version = 1;
/// As 1, and contents in a fragment block may have whole blocks in front. Written only where there
/// are such, so that older releases read all else.
constexpr std::uint64_t k_file_version_with_tails = 2;

constexpr std::size_t k_least_entry_bytes = 3; ///< its type, and two lengths of its path

bool has_target(EntryType type) {
    return type == EntryType::symlink || type == EntryType::hardlink;
}

bool is_device(EntryType type) {
    return type == EntryType::char_device || type == EntryType::block_device;
}

bool is_deletion(EntryType type) {
    return type == EntryType::whiteout || type == EntryType::opaque;
}

std::size_t shared_prefix(std::string_view a, std::string_view b) {
    const auto end = std::mismatch(
        a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())),
        b.begin());
    return static_cast<std::size_t>(end.first - a.begin());
}

/// Whether whole blocks are followed by a rest in a fragment block.
bool has_tail(const squashfs::SegmentData& segment, const squashfs::Content& content) {
    return content.fragment != squashfs::k_no_fragment && segment.block_count(content) > 0;
}

std::uint64_t version_for(const std::vector<const LayerIndex*>& layers) {
    for (const auto* layer : layers)
        for (const auto& content : layer->segment.contents)
            if (has_tail(layer->segment, content))
                return k_file_version_with_tails;
    return k_file_version;
}

void encode_segment(VarintWriter& out, const squashfs::SegmentData& segment) {
    out.number(segment.block_bytes);
    out.number(segment.length_bytes);
    out.raw(segment.hash.bytes());
    out.number(segment.fragments.size());
    for (const auto& fragment : segment.fragments) {
        out.number(fragment.start);
        out.number(fragment.size);
    }
    out.number(segment.block_sizes.size());
    for (const auto size : segment.block_sizes)
        out.number(size);
    out.number(segment.contents.size());
    for (const auto& content : segment.contents) {
        out.number(content.size_bytes);
        const bool in_fragment = content.fragment != squashfs::k_no_fragment;
        out.number(in_fragment ? std::uint64_t{content.fragment} + 1 : 0);
        if (in_fragment)
            out.number(content.fragment_offset);
        if (segment.block_count(content) > 0) {
            out.number(content.start);
            out.number(content.first_block);
        }
    }
}

/// As a new one, but keeps the memory of its strings.
void clear(LayerEntry& entry) {
    auto path = std::move(entry.path), target = std::move(entry.target);
    path.clear();
    target.clear();
    entry = LayerEntry{.path = std::move(path), .target = std::move(target)};
}

/// How many elements of at least `least_bytes` each can still follow: bounds what a damaged count
/// allocates.
std::size_t element_count(VarintReader& in, std::size_t least_bytes) {
    return in.number_up_to(in.remaining() / least_bytes);
}

void decode_blocks(VarintReader& in, const squashfs::SegmentData& segment,
                   squashfs::Content& content) {
    content.start = in.number_up_to(segment.length_bytes);
    content.first_block = static_cast<std::uint32_t>(in.number_up_to(segment.block_sizes.size()));
    if (segment.block_count(content) > segment.block_sizes.size() - content.first_block)
        throw Error(ErrorKind::integrity, "a content has more blocks than its segment");
    std::uint64_t stored = 0;
    for (const auto size : segment.blocks_of(content))
        stored += squashfs::stored_bytes(size);
    if (stored > segment.length_bytes - content.start)
        throw Error(ErrorKind::integrity, "a content leaves its segment");
}

squashfs::Content decode_content(VarintReader& in, const squashfs::SegmentData& segment,
                                 std::uint64_t version) {
    squashfs::Content content;
    content.size_bytes = in.number();
    if (content.size_bytes == 0)
        throw Error(ErrorKind::integrity, "a content is empty");
    if (const auto fragment = in.number_up_to(segment.fragments.size()); fragment > 0) {
        content.fragment = static_cast<std::uint32_t>(fragment - 1);
        content.fragment_offset = static_cast<std::uint32_t>(in.number_up_to(segment.block_bytes));
        const auto rest = content.size_bytes % segment.block_bytes;
        if (rest == 0 || rest > segment.block_bytes - content.fragment_offset
            || (version < k_file_version_with_tails && has_tail(segment, content)))
            throw Error(ErrorKind::integrity, "a content leaves its fragment block");
    }
    if (segment.block_count(content) > 0)
        decode_blocks(in, segment, content);
    return content;
}

squashfs::SegmentData decode_segment(VarintReader& in, std::uint64_t version) {
    squashfs::SegmentData segment;
    segment.block_bytes = static_cast<std::uint32_t>(in.number_up_to(squashfs::k_max_block_bytes));
    if (segment.block_bytes < squashfs::k_min_block_bytes)
        throw Error(ErrorKind::integrity, "the block size {} is none of squashfs",
                    segment.block_bytes);
    segment.length_bytes = in.number();
    ContentHash::Bytes hash;
    std::ranges::copy(in.raw(hash.size()), hash.begin());
    segment.hash = ContentHash(hash);

    const auto block_limit = segment.block_bytes | squashfs::k_block_stored;
    segment.fragments.resize(element_count(in, 2));
    for (auto& fragment : segment.fragments) {
        fragment.start = in.number_up_to(segment.length_bytes);
        fragment.size = static_cast<std::uint32_t>(in.number_up_to(block_limit));
        if (squashfs::stored_bytes(fragment.size) > segment.length_bytes - fragment.start)
            throw Error(ErrorKind::integrity, "a fragment block leaves its segment");
    }
    segment.block_sizes.resize(element_count(in, 1));
    for (auto& size : segment.block_sizes)
        size = static_cast<std::uint32_t>(in.number_up_to(block_limit));
    const auto content_count = element_count(in, 3);
    segment.contents.reserve(content_count);
    for (std::size_t i = 0; i < content_count; ++i)
        segment.contents.push_back(decode_content(in, segment, version));
    return segment;
}

} // namespace

void EntryWriter::append(const LayerEntry& entry) {
    VarintWriter out(index_.entries);
    out.number(static_cast<std::uint64_t>(entry.type));
    const auto shared = shared_prefix(previous_path_, entry.path);
    out.number(shared);
    out.text(std::string_view(entry.path).substr(shared));
    previous_path_ = entry.path;
    ++index_.entry_count;
    if (is_deletion(entry.type))
        return;
    if (has_target(entry.type))
        out.text(entry.target);
    if (entry.type == EntryType::hardlink)
        return;
    out.number(entry.mode);
    out.number(entry.uid);
    out.number(entry.gid);
    out.signed_number(entry.mtime_seconds);
    out.number(entry.mtime_nanoseconds);
    if (is_device(entry.type)) {
        out.number(entry.device_major);
        out.number(entry.device_minor);
    }
    if (entry.type == EntryType::file)
        out.number(entry.content ? std::uint64_t{*entry.content} + 1 : 0);
    out.number(entry.xattrs.size());
    for (const auto& xattr : entry.xattrs) {
        out.text(xattr.name);
        out.text(xattr.value);
    }
}

bool EntryReader::next(LayerEntry& entry) {
    if (reader_.at_end())
        return false;
    const auto type = reader_.number_up_to(static_cast<std::uint64_t>(EntryType::opaque));
    if (type == 0)
        throw Error(ErrorKind::integrity, "an entry has no type");
    clear(entry);
    entry.type = static_cast<EntryType>(type);
    previous_path_.resize(reader_.number_up_to(previous_path_.size()));
    previous_path_ += reader_.text();
    entry.path = previous_path_;
    if (is_deletion(entry.type))
        return true;
    if (has_target(entry.type))
        entry.target = reader_.text();
    if (entry.type == EntryType::hardlink)
        return true;
    entry.mode = static_cast<std::uint16_t>(reader_.number_up_to(07777));
    entry.uid = reader_.number32();
    entry.gid = reader_.number32();
    entry.mtime_seconds = reader_.signed_number();
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(reader_.number_up_to(999'999'999));
    if (is_device(entry.type)) {
        entry.device_major = reader_.number32();
        entry.device_minor = reader_.number32();
    }
    if (entry.type == EntryType::file)
        if (const auto content = reader_.number_up_to(content_count_))
            entry.content = static_cast<std::uint32_t>(content - 1);
    entry.xattrs.resize(element_count(reader_, 2));
    for (auto& xattr : entry.xattrs) {
        xattr.name = reader_.text();
        xattr.value = reader_.text();
    }
    return true;
}

Bytes encode_layer_indexes(const std::vector<const LayerIndex*>& layers) {
    Bytes file;
    VarintWriter out(file);
    out.text(k_file_magic);
    out.number(version_for(layers));
    out.number(layers.size());
    for (const auto* layer : layers) {
        out.number(layer->diff_id ? 1 : 0);
        if (layer->diff_id)
            out.raw(layer->diff_id->bytes());
        encode_segment(out, layer->segment);
        out.number(layer->entry_count);
        out.number(layer->entries.size());
        out.raw(layer->entries);
    }
    return file;
}

std::vector<LayerIndex> decode_layer_indexes(std::span<const std::byte> file) {
    VarintReader in(file);
    if (in.text() != k_file_magic)
        throw Error(ErrorKind::integrity, "this is no layers.idx");
    const auto version = in.number();
    if (version < k_file_version || version > k_file_version_with_tails)
        throw Error(ErrorKind::integrity, "layers.idx version {} needs a newer aic-image", version);
    std::vector<LayerIndex> layers(element_count(in, 1));
    for (auto& layer : layers) {
        if (in.number_up_to(1) == 1) {
            Sha256Bytes diff_id;
            std::ranges::copy(in.raw(diff_id.size()), diff_id.begin());
            layer.diff_id = DiffId(diff_id);
        }
        layer.segment = decode_segment(in, version);
        layer.entry_count = in.number();
        const auto entries = in.raw(in.number_up_to(in.remaining()));
        if (layer.entry_count > entries.size() / k_least_entry_bytes)
            throw Error(ErrorKind::integrity, "a layer has more entries than their bytes can hold");
        layer.entries.assign(entries.begin(), entries.end());
    }
    if (!in.at_end())
        throw Error(ErrorKind::integrity, "layers.idx has bytes after its last layer");
    return layers;
}

} // namespace aic::layers
