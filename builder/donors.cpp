// SPDX-License-Identifier: Apache-2.0
#include "builder/donors.hpp"

#include "cache/catalogue_view.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::builder {

namespace {

constexpr std::uint64_t k_max_index_bytes = 1ULL << 30;

/// The layers as the record's segments; throws Error(integrity) when the two do not fit.
std::vector<std::shared_ptr<const layers::LayerIndex>>
read_layers(const cache::StoredImage& image) {
    const auto path = image.layer_index();
    const auto text = read_file_if_exists(path, k_max_index_bytes);
    if (!text)
        throw Error(ErrorKind::not_found, "'{}' is missing", path.native());
    if (ContentHash::of(*text) != image.record.layer_index_hash)
        throw Error(ErrorKind::integrity, "'{}' is not what its record says", path.native());
    std::vector<std::shared_ptr<const layers::LayerIndex>> layers;
    for (auto& layer : layers::decode_layer_indexes(as_bytes(*text)))
        layers.push_back(std::make_shared<const layers::LayerIndex>(std::move(layer)));
    return layers;
}

/// Whether the segment of the record is the one that layers.idx describes.
bool fits(const cache::SegmentRecord& segment, const layers::LayerIndex& layer) {
    return segment.diff_id == layer.diff_id && segment.hash == layer.segment.hash
           && segment.length_bytes == layer.segment.length_bytes;
}

} // namespace

Donors::Donors(const cache::Store& store, SegmentForm form)
    : store_(store)
    , form_(std::move(form)) {
    try {
        catalogue_ = cache::view_catalogue(store.layout()).catalogue;
    } catch (const Error& error) {
        // Without it the layers are made again, which is slower and no less right.
        debug("looking for layers that are there: {}", error.message());
    }
}

std::optional<Donors::Image> Donors::read(const cache::SegmentHolder& holder) const {
    auto stored = store_.find(holder.id, holder.variant);
    if (!stored)
        return std::nullopt;
    const auto path = stored->file();
    auto file = std::make_shared<const Fd>(open_file(path, O_RDONLY | O_NOFOLLOW));
    const auto status = fstat_of(file->get(), path);
    if (static_cast<std::uint64_t>(status.st_size) != stored->record.size_bytes)
        throw Error(ErrorKind::integrity, "'{}' is not as large as its record says", path.native());
    auto layers = read_layers(*stored);
    return Image{std::move(*stored), std::move(file), std::move(layers)};
}

const Donors::Image* Donors::open(const cache::SegmentHolder& holder) {
    const auto directory = store_.layout().variant(holder.id, holder.variant);
    const auto [known, is_new] = images_.try_emplace(directory);
    if (is_new) {
        try {
            known->second = read(holder);
        } catch (const Error& error) {
            warn("no layers are taken from '{}': {}", directory.native(), error.message());
        }
    }
    return known->second ? &*known->second : nullptr;
}

std::optional<Donor> Donors::find(const DiffId& diff_id) {
    if (!catalogue_)
        return std::nullopt;
    const cache::SegmentKey key{.diff_id = diff_id,
                                .compression = form_.compression,
                                .block_bytes = form_.block_bytes,
                                .format = squashfs::k_segment_format};
    for (const auto& holder : catalogue_->holders_of(key)) {
        // Only what the caller made: whom else to believe is a matter of the trust settings.
        if (holder.owner_uid != static_cast<std::int64_t>(store_.layout().owner()))
            continue;
        const auto* image = open(holder);
        if (!image)
            continue;
        const auto& segments = image->stored.record.segments;
        for (std::size_t i = 0; i < std::min(segments.size(), image->layers.size()); ++i)
            if (segments[i].diff_id == diff_id && segments[i].format == key.format
                && fits(segments[i], *image->layers[i]))
                return Donor{.file = image->file,
                             .path = image->stored.file(),
                             .offset = segments[i].offset,
                             .layer = image->layers[i],
                             .reference = image->stored.record.reference,
                             .producer_uid = segments[i].producer_uid};
    }
    return std::nullopt;
}

} // namespace aic::builder
