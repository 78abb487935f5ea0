// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/entry.hpp"
#include "core/bytes.hpp"

#include <cstdint>
#include <span>

namespace aic::layers {

/// Writes a layer's tar, always the same bytes for the same entries (docs/formats/layer-tar.md):
/// ustar headers, and a PAX header before those that ustar cannot hold. Whiteouts become the files
/// that the OCI's image-spec, layer.md, names. The caller gives entries in their order.
class TarWriter {
public:
    explicit TarWriter(Sink& sink) : sink_(sink) {}

    /// An entry without bytes of its own, or the header of a file of `size_bytes`, whose data()
    /// come next.
    void begin(const LayerEntry& entry, std::uint64_t size_bytes = 0);
    /// The file's bytes, in any number of pieces; all of them before the next begin().
    void data(std::span<const std::byte> bytes);
    /// The end of the archive.
    void finish();

private:
    void pad();

    Sink& sink_;
    std::uint64_t left_bytes_ = 0; ///< of the file that is being written
    std::uint64_t total_bytes_ = 0;
};

} // namespace aic::layers
