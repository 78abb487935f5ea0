// SPDX-License-Identifier: Apache-2.0
#include "builder/blob_decoding.hpp"

#include "builder/layers/decoder.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/log.hpp"

#include <algorithm>

namespace aic::builder {

namespace {

constexpr std::size_t k_read_bytes = 256 << 10;

/// What inflates to more than this much, and by more than this factor, is meant to fill disks.
constexpr std::uint64_t k_bomb_floor_bytes = 4ULL << 30;
constexpr std::uint64_t k_bomb_factor = 250;

/// A blob file read piece by piece and hashed on the way if that is needed.
class BlobReader {
public:
    explicit BlobReader(const LayerBlob& blob) : blob_(blob), buffer_(k_read_bytes) {}

    std::span<const std::byte> next() {
        const auto count = pread_some(blob_.file.fd->get(), buffer_, total_bytes_, blob_.file.path);
        const auto piece = std::span<const std::byte>(buffer_).first(count);
        if (blob_.file.verified == registry::Verified::no)
            hash_.update(piece);
        total_bytes_ += count;
        return piece;
    }

    std::uint64_t total_bytes() const { return total_bytes_; }

    void check_at_end() {
        if (total_bytes_ != blob_.descriptor.size_bytes)
            throw Error(ErrorKind::integrity, "the blob has {} bytes where its descriptor says {}",
                        total_bytes_, blob_.descriptor.size_bytes);
        if (blob_.file.verified == registry::Verified::yes)
            return;
        if (const auto actual = Digest(hash_.finish()); actual != blob_.descriptor.digest)
            throw Error(ErrorKind::integrity, "the blob's digest is {} where {} was expected",
                        actual.str(), blob_.descriptor.digest.str());
    }

private:
    const LayerBlob& blob_;
    Bytes buffer_;
    Sha256Hasher hash_;
    std::uint64_t total_bytes_ = 0;
};

void note_encoding(layers::Encoding found, const std::string& media_type) {
    const bool says_gzip = media_type.ends_with("gzip");
    const bool says_zstd = media_type.ends_with("zstd");
    if ((says_gzip && found != layers::Encoding::gzip)
        || (says_zstd && found != layers::Encoding::zstd))
        warn("a layer is called '{}' but is {}", media_type, layers::name_of(found));
}

/// Hands inflated bytes on in full pieces.
class PieceFiller {
public:
    PieceFiller(TarStream& stream, std::stop_token stop) : stream_(stream), stop_(stop) {}

    std::span<std::byte> room() {
        if (!piece_)
            piece_ = stream_.empty_piece(stop_);
        return std::span(piece_->buffer).subspan(piece_->size);
    }

    void filled(std::size_t count) {
        total_bytes_ += count;
        piece_->size += count;
        if (piece_->size == piece_->buffer.size())
            flush();
    }

    void flush() {
        if (piece_ && piece_->size > 0)
            stream_.send(std::exchange(piece_, nullptr), stop_);
    }

    std::uint64_t total_bytes() const { return total_bytes_; }

private:
    TarStream& stream_;
    std::stop_token stop_;
    TarStream::Piece* piece_ = nullptr;
    std::uint64_t total_bytes_ = 0;
};

void refuse_bomb(std::uint64_t inflated_bytes, std::uint64_t blob_bytes) {
    if (inflated_bytes > k_bomb_floor_bytes && inflated_bytes / k_bomb_factor > blob_bytes)
        throw Error(ErrorKind::integrity,
                    "the layer inflates from {} to more than {}: refused as a bomb",
                    human_size(blob_bytes), human_size(inflated_bytes));
}

} // namespace

TarStream::TarStream() {
    for (auto& piece : pieces_) {
        piece.buffer.resize(k_piece_bytes);
        empty_.push(&piece, {});
    }
}

TarStream::Piece* TarStream::empty_piece(std::stop_token stop) {
    auto* piece = *empty_.pop(stop);
    piece->size = 0;
    return piece;
}

void decode_blob(const LayerBlob& blob, TarStream& stream, std::stop_token stop) {
    BlobReader reader(blob);
    PieceFiller filler(stream, stop);
    auto in = reader.next();
    const auto encoding = layers::detect_encoding(in);
    note_encoding(encoding, blob.descriptor.media_type);
    const auto decoder = layers::make_decoder(encoding);
    while (!in.empty()) {
        const auto [consumed, produced] = decoder->decode(in, filler.room());
        filler.filled(produced);
        in = in.subspan(consumed);
        refuse_bomb(filler.total_bytes(), reader.total_bytes());
        if (blob.progress)
            blob.progress->converted_bytes += consumed;
        if (in.empty())
            in = reader.next();
    }
    // What the decoder still holds back.
    for (auto step = layers::Decoder::Step{0, 1}; step.produced > 0;) {
        step = decoder->decode({}, filler.room());
        filler.filled(step.produced);
    }
    decoder->finish();
    reader.check_at_end();
    filler.flush();
    stream.close();
}

void verify_blob(const LayerBlob& blob) {
    BlobReader reader(blob);
    while (!reader.next().empty()) {
    }
    reader.check_at_end();
}

} // namespace aic::builder
