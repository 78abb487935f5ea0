// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/entry.hpp"
#include "builder/squashfs/segment.hpp"
#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "core/varint.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aic::layers {

/// A layer as its tar has it and where its files' bytes are in its segment: all that later images
/// need to take the layer over without reading it again. Stored in layers.idx
/// (docs/formats/layers-idx.md).
struct LayerIndex {
    std::optional<DiffId> diff_id; ///< absent for what we add ourselves
    std::uint64_t entry_count = 0;
    Bytes entries; ///< as EntryWriter encodes them, in the tar's order
    squashfs::SegmentData segment;
};

/// Encodes entries one after the other, each path as what it shares with the one before and the
/// rest.
class EntryWriter {
public:
    explicit EntryWriter(LayerIndex& index) : index_(index) {}

    void append(const LayerEntry& entry);

private:
    LayerIndex& index_;
    std::string previous_path_;
};

/// Reads them back. Malformed input throws Error(integrity).
class EntryReader {
public:
    explicit EntryReader(const LayerIndex& index)
        : reader_(index.entries)
        , content_count_(index.segment.contents.size()) {}

    /// False after the last one. `entry` is reused to save allocations.
    bool next(LayerEntry& entry);

private:
    VarintReader reader_;
    std::size_t content_count_;
    std::string previous_path_;
};

/// One whole layers.idx, the layers lowest first.
Bytes encode_layer_indexes(const std::vector<const LayerIndex*>& layers);
/// Throws Error(integrity) on anything that encode_layer_indexes() would not have written.
std::vector<LayerIndex> decode_layer_indexes(std::span<const std::byte> file);

} // namespace aic::layers
