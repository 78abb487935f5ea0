// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/metadata_reader.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"

#include <algorithm>
#include <array>

namespace aic::squashfs {

MetadataReader::MetadataReader(int fd, std::filesystem::path path, std::uint64_t limit,
                               BlockDecompressor& decompressor)
    : fd_(fd)
    , path_(std::move(path))
    , limit_(limit)
    , decompressor_(decompressor) {}

const MetadataReader::Block& MetadataReader::block(std::uint64_t offset) {
    if (const auto known = cache_.find(offset); known != cache_.end()) {
        recent_.splice(recent_.begin(), recent_, known->second);
        return recent_.front().second;
    }
    recent_.emplace_front(offset, load(offset));
    cache_[offset] = recent_.begin();
    if (recent_.size() > k_cached_blocks) {
        cache_.erase(recent_.back().first);
        recent_.pop_back();
    }
    return recent_.front().second;
}

MetadataReader::Block MetadataReader::load(std::uint64_t offset) {
    std::array<std::byte, 2> head;
    if (offset > limit_ || limit_ - offset < head.size())
        throw Error(ErrorKind::integrity, "a metadata block at {} is outside the image", offset);
    pread_exact(fd_, head, offset, path_);
    std::uint16_t field;
    std::memcpy(&field, head.data(), sizeof field);
    const std::size_t size = field & static_cast<std::uint16_t>(~k_metadata_stored);
    if (size == 0 || size > k_metadata_block_bytes || limit_ - offset - head.size() < size)
        throw Error(ErrorKind::integrity, "the metadata block at {} has an impossible size {}",
                    offset, size);
    Block block;
    block.next = offset + head.size() + size;
    Bytes stored(size);
    pread_exact(fd_, stored, offset + head.size(), path_);
    if (field & k_metadata_stored) {
        block.bytes = std::move(stored);
    } else {
        block.bytes.resize(k_metadata_block_bytes);
        block.bytes.resize(decompressor_.decompress(stored, block.bytes));
    }
    if (block.bytes.empty())
        throw Error(ErrorKind::integrity, "the metadata block at {} is empty", offset);
    return block;
}

MetadataCursor::MetadataCursor(MetadataReader& reader, std::uint64_t block, std::size_t offset)
    : reader_(reader)
    , block_(block)
    , offset_(offset) {
    if (offset > k_metadata_block_bytes)
        throw Error(ErrorKind::integrity, "an offset of {} is outside its metadata block", offset);
}

std::span<const std::byte> MetadataCursor::take(std::size_t count) {
    const auto* block = &reader_.block(block_);
    if (offset_ == block->bytes.size()) {
        block_ = block->next;
        offset_ = 0;
        block = &reader_.block(block_);
    }
    if (offset_ > block->bytes.size())
        throw Error(ErrorKind::integrity, "an offset of {} is outside its metadata block", offset_);
    const auto available = std::span(block->bytes).subspan(offset_);
    const auto taken = available.first(std::min(count, available.size()));
    offset_ += taken.size();
    return taken;
}

void MetadataCursor::read(std::span<std::byte> out) {
    while (!out.empty()) {
        const auto piece = take(out.size());
        std::ranges::copy(piece, out.begin());
        out = out.subspan(piece.size());
    }
}

void MetadataCursor::skip(std::size_t count) {
    while (count > 0)
        count -= take(count).size();
}

std::string MetadataCursor::text(std::size_t count) {
    std::string text(count, '\0');
    read(std::as_writable_bytes(std::span(text)));
    return text;
}

} // namespace aic::squashfs
