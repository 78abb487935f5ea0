// SPDX-License-Identifier: Apache-2.0
#include "builder/donors.hpp"

#include "builder/stored_tree.hpp"
#include "cache/catalogue_view.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

namespace fs = std::filesystem;

namespace aic::builder {

Donors::Donors(const cache::Library& library, SegmentForm form)
    : library_(library)
    , form_(std::move(form)) {
    for (const auto& root : library.roots())
        add_index(root);
}

void Donors::add_index(const fs::path& root) {
    try {
        const cache::Layout layout(root, library_.own().layout().owner());
        Index index{layout, std::move(cache::view_catalogue(layout).catalogue)};
        cache::add_private(index.catalogue, layout);
        indexes_.push_back(std::move(index));
    } catch (const Error& error) {
        // Without it the layers are made again, which is slower and no less right.
        debug("looking for layers that are there: {}", error.message());
    }
}

std::optional<Donors::Image> Donors::read(const cache::Layout& owners,
                                          const cache::SegmentHolder& holder) const {
    auto stored = library_.find_in(owners, holder.id, holder.variant);
    if (!stored)
        return std::nullopt;
    const auto path = stored->file();
    auto file = std::make_shared<const Fd>(open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    const auto status = fstat_of(file->get(), path);
    if (static_cast<std::uint64_t>(status.st_size) != stored->record.size_bytes)
        throw Error(ErrorKind::integrity, "'{}' is not as large as its record says", path.native());
    if (!S_ISREG(status.st_mode) || status.st_uid != owners.owner())
        throw Error(ErrorKind::integrity, "'{}' is not its user's own file", path.native());
    auto layers = read_layers(*stored);
    return Image{std::move(*stored), std::move(file), std::move(layers)};
}

const Donors::Image* Donors::open(const cache::Layout& owners, const cache::SegmentHolder& holder) {
    const auto directory = owners.variant(holder.id, holder.variant);
    const auto [known, is_new] = images_.try_emplace(directory);
    if (is_new) {
        try {
            known->second = read(owners, holder);
        } catch (const Error& error) {
            warn("no layers are taken from '{}': {}", directory.native(), error.message());
        }
    }
    return known->second ? &*known->second : nullptr;
}

std::optional<Donor> Donors::find_in(const Index& index, const DiffId& diff_id) {
    const cache::SegmentKey key{.diff_id = diff_id,
                                .compression = form_.compression,
                                .block_bytes = form_.block_bytes,
                                .format = squashfs::k_segment_format};
    for (const auto& holder : index.catalogue.holders_of(key)) {
        const cache::Layout owners(index.layout.root(), static_cast<uid_t>(holder.owner_uid));
        const auto* image = open(owners, holder);
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

std::optional<Donor> Donors::find(const DiffId& diff_id) {
    for (const auto& index : indexes_)
        if (auto donor = find_in(index, diff_id))
            return donor;
    return std::nullopt;
}

std::map<DiffId, Donor> Donors::find_each(const std::vector<DiffId>& diff_ids) {
    std::map<DiffId, Donor> donors;
    for (const auto& diff_id : diff_ids)
        if (auto donor = find(diff_id))
            donors.insert_or_assign(diff_id, std::move(*donor));
    return donors;
}

} // namespace aic::builder
