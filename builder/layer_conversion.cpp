// SPDX-License-Identifier: Apache-2.0
#include "builder/layer_conversion.hpp"

#include "builder/blob_decoding.hpp"
#include "builder/layers/path.hpp"
#include "builder/layers/tar_reader.hpp"
#include "core/error.hpp"
#include "core/pipeline.hpp"
#include "core/printable.hpp"

namespace aic::builder {

namespace {

/// The tar's pieces for the parser, hashed as they go by.
class HashedPieces {
public:
    HashedPieces(TarStream& stream, std::stop_token stop) : stream_(stream), stop_(stop) {}

    std::span<const std::byte> next() {
        if (piece_)
            stream_.give_back(std::exchange(piece_, nullptr), stop_);
        piece_ = stream_.next(stop_);
        if (!piece_)
            return {};
        hash_.update(piece_->bytes());
        return piece_->bytes();
    }

    DiffId finish() { return DiffId(hash_.finish()); }

private:
    TarStream& stream_;
    std::stop_token stop_;
    TarStream::Piece* piece_ = nullptr;
    Sha256Hasher hash_;
};

squashfs::ContentId write_file(layers::TarReader& tar, std::uint64_t size_bytes,
                               squashfs::SegmentWriter& segment, std::stop_token stop) {
    segment.begin(size_bytes);
    std::uint64_t position = 0;
    while (const auto piece = tar.data()) {
        if (piece->offset > position)
            segment.skip(piece->offset - position, stop);
        segment.write(piece->bytes, stop);
        position = piece->offset + piece->bytes.size();
    }
    return segment.end(stop);
}

/// Parses the tar: entries go to the index, file data to the segment.
DiffId parse_tar(TarStream& stream, layers::LayerIndex& index, squashfs::SegmentWriter& segment,
                 std::stop_token stop) {
    HashedPieces pieces(stream, stop);
    layers::TarReader tar([&] { return pieces.next(); });
    layers::EntryWriter entries(index);
    while (auto item = tar.next()) {
        auto& entry = item->entry;
        if (entry.type == layers::EntryType::file && item->size_bytes > 0)
            entry.content =
                in_context([&] { return fmt::format("'{}'", printable(entry.path)); },
                           [&] { return write_file(tar, item->size_bytes, segment, stop); });
        entries.append(entry);
    }
    tar.drain();
    segment.close(stop);
    return pieces.finish();
}

} // namespace

layers::LayerIndex convert_layer(const LayerBlob& blob, const squashfs::SegmentTarget& target,
                                 squashfs::CompressorPool& pool, std::uint32_t block_bytes,
                                 std::stop_token stop) {
    layers::LayerIndex index;
    index.diff_id = blob.diff_id;
    squashfs::SegmentWriter segment(target, pool, block_bytes);
    TarStream stream;
    DiffId actual;
    try {
        Pipeline pipeline(stop); // after what its threads use, so that they are joined first
        pipeline.run([&](std::stop_token stage) { decode_blob(blob, stream, stage); });
        pipeline.run(
            [&](std::stop_token stage) { actual = parse_tar(stream, index, segment, stage); });
        pipeline.run([&](std::stop_token stage) { segment.commit(stage); });
        pipeline.wait();
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
