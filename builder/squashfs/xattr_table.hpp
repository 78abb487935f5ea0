// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/entry.hpp"
#include "builder/squashfs/metadata_writer.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace aic::squashfs {

/// True for names that squashfs can hold: user.*, trusted.*, security.*.
bool can_hold_xattr(std::string_view name);

/// The attribute sets of an image, in the order they are first used.
class XattrTable {
public:
    explicit XattrTable(const Compression& compression) : pairs_(compression) {}

    /// The set's number. The caller gives each different set once.
    std::uint32_t add(const std::vector<layers::Xattr>& xattrs);

    bool empty() const { return sets_.empty(); }

    /// The whole table as it stands at `offset` of the file; `header_offset` becomes where its
    /// header is, which is what the superblock names.
    Bytes encode(const Compression& compression, std::uint64_t offset,
                 std::uint64_t& header_offset);

private:
    MetadataWriter pairs_;
    std::vector<XattrIdEntry> sets_;
};

} // namespace aic::squashfs
