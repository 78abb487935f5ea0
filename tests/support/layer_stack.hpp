// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layer_conversion.hpp"
#include "builder/layers/layer_index.hpp"
#include "builder/layers/tree.hpp"
#include "builder/squashfs/block_lane.hpp"
#include "core/fd.hpp"
#include "tests/support/temp_dir.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace aic::testing {

/// The blob in a file of its own, with the descriptor and diff id that fit.
builder::LayerBlob blob_of(const TempDir& directory, std::string_view blob, std::string_view tar);

/// Layers from tars, each converted for real into an uncompressed segment, so that the contents of
/// a merged tree can be read.
class LayerStack {
public:
    static constexpr std::uint32_t k_block_bytes = 4096;

    const layers::LayerIndex& add(std::string_view tar);
    /// All layers so far, merged.
    layers::Tree merged() const;
    /// The bytes of a file.
    std::string content(const layers::Inode& file) const;
    /// The tree as text_of() in listing.hpp has it, sorted.
    std::string listing(const layers::Tree& tree) const;

    const layers::LayerIndex& layer(std::size_t number) const { return layers_[number].index; }

private:
    struct Layer {
        layers::LayerIndex index;
        Fd segment;
    };

    TempDir directory_;
    Crew crew_{1};
    squashfs::CompressorPool pool_{crew_, {squashfs::CompressionKind::none, 0}, k_block_bytes};
    std::deque<Layer> layers_;
};

/// The layer's entries, decoded.
std::vector<layers::LayerEntry> entries_of(const layers::LayerIndex& index);

} // namespace aic::testing
