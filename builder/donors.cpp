// SPDX-License-Identifier: Apache-2.0
#include "builder/donors.hpp"

#include "builder/stored_tree.hpp"
#include "cache/catalogue_view.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::builder {

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
