// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace aic::layers {

/// How a layer blob is compressed.
enum class Encoding { plain, gzip, zstd };

std::string_view name_of(Encoding encoding);

/// Told by the blob's first bytes, whatever its media type says; plain when there are fewer than
/// four.
Encoding detect_encoding(std::span<const std::byte> first_bytes);

/// Decompresses a stream piece by piece. Several gzip members, several zstd frames and skippable
/// frames are one stream; zeros after the last gzip member are padding. Damaged input throws
/// Error(integrity).
class Decoder {
public:
    struct Step {
        std::size_t consumed;
        std::size_t produced;
    };

    virtual ~Decoder() = default;
    /// As much as fits. When nothing was consumed and nothing produced, `in` was empty.
    virtual Step decode(std::span<const std::byte> in, std::span<std::byte> out) = 0;
    /// After the last byte of input: throws Error(integrity) when the stream is cut short.
    virtual void finish() const = 0;
};

std::unique_ptr<Decoder> make_decoder(Encoding encoding);

} // namespace aic::layers
