// SPDX-License-Identifier: Apache-2.0
#include "builder/known_image.hpp"

#include "cache/inode_of.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <filesystem>
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

namespace {

Error not_known(const cache::Store& store, const std::optional<cache::ReferenceRecord>& known,
                const ImportOptions& options) {
    std::vector<std::string> variants;
    if (known)
        for (const auto& image : store.find_all(known->id))
            variants.push_back(image.record.variant);
    if (!variants.empty())
        return Error(ErrorKind::not_found, "it is here as {}, not as {}", fmt::join(variants, ", "),
                     options.variant())
            .with_hint("ask for what is here, or leave out --offline");
    return Error(ErrorKind::not_found,
                 "'{}' has no image of it for {}, and no registry may be asked",
                 store.layout().root().native(), options.platform.str())
        .with_hint("leave out --offline where there is a network; 'aic-image list' shows what is "
                   "here");
}

} // namespace

KnownImage known_image(const cache::Store& store, const std::string& reference,
                       const ImportOptions& options) {
    const auto known = store.find_reference(reference, options.platform);
    auto image = known ? find_complete(store, known->id, options.variant()) : std::nullopt;
    if (!image)
        throw not_known(store, known, options);
    return {std::move(*image), known->resolved_seconds};
}

} // namespace aic::builder
