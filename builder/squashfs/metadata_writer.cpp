// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/metadata_writer.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <limits>

namespace aic::squashfs {

MetadataWriter::MetadataWriter(const Compression& compression)
    : compressor_(make_compressor(compression))
    , packed_(k_metadata_block_bytes) {}

MetadataPosition MetadataWriter::position() const {
    return {static_cast<std::uint32_t>(table_.size()), static_cast<std::uint16_t>(open_bytes_)};
}

void MetadataWriter::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto count = std::min(bytes.size(), k_metadata_block_bytes - open_bytes_);
        std::memcpy(open_.data() + open_bytes_, bytes.data(), count);
        open_bytes_ += count;
        bytes = bytes.subspan(count);
        if (open_bytes_ == k_metadata_block_bytes)
            flush();
    }
}

void MetadataWriter::finish() {
    if (open_bytes_ > 0)
        flush();
}

void MetadataWriter::flush() {
    if (table_.size() > std::numeric_limits<std::uint32_t>::max() - 2 * k_metadata_block_bytes)
        throw Error(ErrorKind::integrity, "the image has more metadata than squashfs can hold");
    block_starts_.push_back(static_cast<std::uint32_t>(table_.size()));
    const auto open = std::span<const std::byte>(open_).first(open_bytes_);
    const auto size = compressor_->compress(open, packed_);
    const auto stored = size ? std::span<const std::byte>(packed_).first(*size) : open;
    squashfs::put(table_,
                  static_cast<std::uint16_t>(stored.size() | (size ? 0 : k_metadata_stored)));
    table_.insert(table_.end(), stored.begin(), stored.end());
    open_bytes_ = 0;
}

} // namespace aic::squashfs
