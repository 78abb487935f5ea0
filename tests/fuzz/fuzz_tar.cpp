// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/decoder.hpp"
#include "builder/layers/merge.hpp"
#include "builder/layers/tar_reader.hpp"
#include "builder/squashfs/image_tables.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

namespace {

using namespace aic;

constexpr std::size_t k_most_input_bytes = 64 << 10;
constexpr std::size_t k_most_tar_bytes = 512 << 10;

/// The blob inflated, and no more than can be read quickly.
Bytes inflated(std::string_view blob) {
    const auto decoder = layers::make_decoder(layers::detect_encoding(as_bytes(blob)));
    Bytes tar;
    Bytes buffer(16 << 10);
    while (tar.size() < k_most_tar_bytes) {
        const auto [consumed, produced] = decoder->decode(as_bytes(blob), buffer);
        if (consumed == 0 && produced == 0)
            return tar;
        blob.remove_prefix(consumed);
        tar.insert(tar.end(), buffer.begin(),
                   buffer.begin() + static_cast<std::ptrdiff_t>(produced));
    }
    return tar;
}

/// As a layer's conversion does it, with nothing written: files are as empty.
layers::LayerIndex index_of(const Bytes& tar) {
    layers::LayerIndex index;
    std::span<const std::byte> rest(tar);
    layers::TarReader reader([&] {
        const auto piece = rest.first(std::min<std::size_t>(rest.size(), 5000));
        rest = rest.subspan(piece.size());
        return piece;
    });
    layers::EntryWriter entries(index);
    while (const auto item = reader.next()) {
        std::uint64_t position = 0;
        while (const auto piece = reader.data()) {
            if (piece->offset < position)
                break;
            position = piece->offset + piece->bytes.size();
        }
        entries.append(item->entry);
    }
    reader.drain();
    return index;
}

} // namespace

AIC_FUZZ_TEXT(text) {
    fuzz::allow_error([&] {
        const auto index = index_of(inflated(text.substr(0, k_most_input_bytes)));
        layers::Tree tree;
        layers::apply_layer(index, 0, tree);
        layers::apply_layer(index, 1, tree);
        squashfs::SegmentData nothing;
        nothing.block_bytes = squashfs::k_min_block_bytes;
        const squashfs::PlacedSegment segments[2] = {{&nothing, 4096, 0}, {&nothing, 4096, 0}};
        squashfs::build_tables(tree, segments,
                               {.compression = {squashfs::CompressionKind::none, 0},
                                .block_bytes = squashfs::k_min_block_bytes},
                               4096);
    });
}
