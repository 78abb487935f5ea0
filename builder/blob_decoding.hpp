// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layer_conversion.hpp"
#include "core/bounded_queue.hpp"
#include "core/bytes.hpp"

#include <array>
#include <optional>
#include <span>
#include <stop_token>

namespace aic::builder {

/// Uncompressed pieces of a tar between the thread that inflates and the one that parses: a fixed
/// number of buffers that go round.
class TarStream {
public:
    TarStream();

    struct Piece {
        Bytes buffer;
        std::size_t size = 0;

        std::span<const std::byte> bytes() const { return std::span(buffer).first(size); }
    };

    // The writer's side.
    Piece* empty_piece(std::stop_token stop);

    void send(Piece* piece, std::stop_token stop) { full_.push(piece, stop); }

    void close() { full_.close(); }

    // The reader's side.
    Piece* next(std::stop_token stop) { return full_.pop(stop).value_or(nullptr); }

    void give_back(Piece* piece, std::stop_token stop) { empty_.push(piece, stop); }

private:
    static constexpr std::size_t k_pieces = 6;
    static constexpr std::size_t k_piece_bytes = 512 << 10;

    std::array<Piece, k_pieces> pieces_;
    BoundedQueue<Piece*> empty_{k_pieces};
    BoundedQueue<Piece*> full_{k_pieces};
};

/// Reads the blob, hashes it unless it is verified, inflates it into `stream` and closes that.
/// Throws Error(integrity) when the blob is damaged, or a bomb.
void decode_blob(const LayerBlob& blob, TarStream& stream, std::stop_token stop);

/// Throws Error(integrity) naming both digests unless the file is what its descriptor says.
void verify_blob(const LayerBlob& blob);

} // namespace aic::builder
