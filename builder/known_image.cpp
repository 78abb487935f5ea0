// SPDX-License-Identifier: Apache-2.0
#include "builder/known_image.hpp"

#include "cache/inode_of.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <filesystem>
#include <set>
#include <vector>

namespace fs = std::filesystem;

namespace aic::builder {

std::optional<cache::StoredImage> find_complete(const cache::Store& store, const ImageId& id,
                                                std::string_view variant) {
    const auto directory = store.layout().variant(id, variant);
    for (;;) {
        const auto before = cache::inode_of(directory);
        auto image = store.find(id, variant);
        std::error_code error;
        if (!image || fs::file_size(image->file(), error) == image->record.size_bytes)
            return image;
        // Compaction may have put another file there since the record was read.
        if (cache::inode_of(directory) != before)
            continue;
        warn("'{}' is not as its record says and is made again", image->file().native());
        store.quarantine(*image);
        return std::nullopt;
    }
}

std::optional<cache::StoredImage> find_complete(const cache::Library& library, const ImageId& id,
                                                std::string_view variant) {
    if (auto own = find_complete(library.own(), id, variant))
        return own;
    auto image = library.find(id, variant);
    std::error_code error;
    const bool is_complete =
        image && fs::file_size(image->file(), error) == image->record.size_bytes;
    if (image && !is_complete)
        warn("'{}' is not as its record says; it is made again", image->file().native());
    return is_complete ? std::move(image) : std::nullopt;
}

namespace {

Error not_known(const cache::Library& library,
                const std::vector<cache::ReferenceRecord>& references,
                const ImportOptions& options) {
    std::set<std::string> variants;
    for (const auto& known : references)
        for (const auto& image : library.find_all(known.id))
            variants.insert(image.record.variant);
    if (!variants.empty())
        return Error(ErrorKind::not_found, "it is here as {}, not as {}", fmt::join(variants, ", "),
                     options.variant())
            .with_hint("ask for what is here, or leave out --offline");
    return Error(ErrorKind::not_found,
                 "'{}' has no image of it for {}, and no registry may be asked",
                 library.own().layout().root().native(), options.platform.str())
        .with_hint("leave out --offline where there is a network; 'aic-image list' shows what is "
                   "here");
}

} // namespace

KnownImage known_image(const cache::Library& library, const std::string& reference,
                       const ImportOptions& options) {
    const auto references = library.find_references(reference, options.platform);
    for (const auto& known : references)
        if (auto image = find_complete(library, known.id, options.variant()))
            return {std::move(*image), known.resolved_seconds};
    throw not_known(library, references, options);
}

} // namespace aic::builder
