// SPDX-License-Identifier: Apache-2.0
#include "builder/layer_conversion.hpp"

#include "builder/blob_decoding.hpp"
#include "builder/layers/path.hpp"
#include "builder/layers/tar_reader.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

#include <unistd.h>

#include <algorithm>

namespace aic::builder {

namespace {

/// The file that `tar`, which reads `stream`, has come to.
template <typename Stream>
squashfs::ContentId write_file(Stream& stream, layers::TarReader& tar, std::uint64_t size_bytes,
                               squashfs::SegmentWriter& segment, std::stop_token stop) {
    segment.begin(size_bytes);
    std::uint64_t position = 0;
    while (const auto piece = tar.data()) {
        if (piece->offset > position)
            segment.skip(piece->offset - position, stop);
        segment.write({piece->bytes, stream.owner_of(piece->bytes)}, stop);
        position = piece->offset + piece->bytes.size();
    }
    return segment.end(stop);
}

/// Parses the tar: entries go to the index, file data to the segment.
template <typename Stream>
DiffId parse_tar(Stream& stream, layers::LayerIndex& index, squashfs::SegmentWriter& segment,
                 std::stop_token stop) {
    Sha256Hasher hash;
    layers::TarReader tar([&] {
        const auto piece = stream.next(stop);
        hash.update(piece);
        return piece;
    });
    layers::EntryWriter entries(index);
    while (auto item = tar.next()) {
        auto& entry = item->entry;
        if (entry.type == layers::EntryType::file && item->size_bytes > 0)
            entry.content = in_context(
                [&] { return fmt::format("'{}'", printable(entry.path)); },
                [&] { return write_file(stream, tar, item->size_bytes, segment, stop); });
        entries.append(entry);
    }
    tar.drain();
    segment.close(stop);
    return DiffId(hash.finish());
}

/// A tar as it comes out of a pipe.
class PipedTar {
public:
    explicit PipedTar(int fd) : fd_(fd), piece_(k_piece_bytes) {}

    std::span<const std::byte> next(std::stop_token stop) {
        if (stop.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        for (;;) {
            const auto count = ::read(fd_, piece_.data(), piece_.size());
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                throw system_error("reading the layer");
            const auto piece = std::span(piece_).first(static_cast<std::size_t>(count));
            size_bytes_ += piece.size();
            note_end(piece);
            return piece;
        }
    }

    /// What is read next is read over it.
    std::shared_ptr<const void> owner_of(std::span<const std::byte> /*bytes*/) const {
        return nullptr;
    }

    std::uint64_t size_bytes() const { return size_bytes_; }

    /// Whether it ended as a tar does: a writer that is killed may have stopped between two
    /// entries.
    bool is_whole() const { return zeros_at_end_ >= k_end_bytes; }

private:
    void note_end(std::span<const std::byte> piece) {
        std::size_t zeros = 0;
        while (zeros < std::min(piece.size(), k_end_bytes)
               && piece[piece.size() - 1 - zeros] == std::byte{0})
            ++zeros;
        zeros_at_end_ = zeros == piece.size() ? zeros_at_end_ + zeros : zeros;
    }

    static constexpr std::size_t k_piece_bytes = 1 << 20;
    static constexpr std::size_t k_end_bytes = 1024;
    int fd_;
    Bytes piece_;
    std::uint64_t size_bytes_ = 0;
    std::size_t zeros_at_end_ = 0;
};

} // namespace

ConvertedTar convert_tar(int fd, const squashfs::SegmentTarget& target,
                         squashfs::CompressorPool& pool, std::stop_token stop) {
    ConvertedTar converted;
    PipedTar stream(fd);
    squashfs::SegmentWriter segment(target, pool);
    converted.layer.diff_id = parse_tar(stream, converted.layer, segment, stop);
    if (!stream.is_whole())
        throw Error(ErrorKind::integrity, "the layer was cut off");
    converted.layer.segment = segment.finish();
    converted.tar_bytes = stream.size_bytes();
    return converted;
}

layers::LayerIndex convert_layer(const LayerBlob& blob, const squashfs::SegmentTarget& target,
                                 squashfs::CompressorPool& pool, std::stop_token stop) {
    layers::LayerIndex index;
    index.diff_id = blob.diff_id;
    TarStream stream(blob, pool.crew());
    squashfs::SegmentWriter segment(target, pool); // ends first: it owns pieces
    DiffId actual;
    try {
        actual = parse_tar(stream, index, segment, stop);
    } catch (const Error& error) {
        // Whatever a blob of the wrong digest made the decoders say, the digest is what is wrong.
        if (error.kind() == ErrorKind::integrity && blob.file.verified == registry::Verified::no)
            verify_blob(blob);
        throw;
    }
    if (actual != blob.diff_id)
        throw Error(ErrorKind::integrity, "the layer's tar is {} where the image config says {}",
                    actual.str(), blob.diff_id.str());
    index.segment = segment.finish();
    return index;
}

} // namespace aic::builder
