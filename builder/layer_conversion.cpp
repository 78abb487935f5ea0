// SPDX-License-Identifier: Apache-2.0
#include "builder/layer_conversion.hpp"

#include "builder/blob_decoding.hpp"
#include "builder/layers/path.hpp"
#include "builder/layers/tar_reader.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

namespace aic::builder {

namespace {

/// The file that `tar`, which reads `stream`, has come to.
squashfs::ContentId write_file(TarStream& stream, layers::TarReader& tar, std::uint64_t size_bytes,
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
DiffId parse_tar(TarStream& stream, layers::LayerIndex& index, squashfs::SegmentWriter& segment,
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

} // namespace

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
