// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/record.hpp"
#include "cache/store_description.hpp"
#include "core/files.hpp"

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace aic::cache {

/// An image that is in the store: its record and where its file is.
struct StoredImage {
    Record record;
    std::filesystem::path directory;

    std::filesystem::path file() const { return directory / record.file_name; }

    std::filesystem::path layer_index() const { return directory / k_layer_index_name; }
};

/// What is in an image's directory, in the store or in the trash; nothing without a record.
std::optional<StoredImage> read_image(const std::filesystem::path& directory);

/// One user's images in a store. Files are the truth: every look-up reads them, and what appears,
/// appears whole by one rename.
class Store {
public:
    /// The store at `root` as it is; nothing is made. A store of a newer format throws Error(usage)
    /// that says so.
    explicit Store(std::filesystem::path root);
    /// Another user's part of it, to look at. What cannot be seen, or is not his own file in his
    /// own directories, is not there.
    Store of(uid_t owner) const;

    bool is_callers() const;

    const Layout& layout() const { return layout_; }

    /// What the store is; of one that is not there yet, what it will be unless it is set up
    /// otherwise.
    StoreDescription description() const { return description_.value_or(StoreDescription()); }

    /// Makes what is missing of the caller's directories, and a private store where there is none.
    /// Before anything is written. Throws Error(usage) when that takes a newer release.
    void prepare();

    std::optional<StoredImage> find(const ImageId& id, std::string_view variant) const;
    /// All variants of one image.
    std::vector<StoredImage> find_all(const ImageId& id) const;
    std::optional<ReferenceRecord> find_reference(std::string_view reference,
                                                  const oci::Platform& platform) const;
    /// The ids that begin with these hex digits.
    std::vector<ImageId> ids_with_prefix(std::string_view hex) const;
    /// Everything; damaged records are warned of and left out.
    std::vector<StoredImage> list() const;
    std::vector<ReferenceRecord> references() const;

    /// Moves a finished image directory (file, record, index) to its place. When another process
    /// was first, that image is used and this one dropped.
    StoredImage publish(const std::filesystem::path& staged, const ImageId& id,
                        std::string_view variant);
    void write_reference(const ReferenceRecord& reference, const oci::Platform& platform);
    /// Takes a damaged image out in one step and for good: it is about to be made again. Images
    /// that are whole go to the trash (trash.hpp).
    void quarantine(const StoredImage& image) const;

    /// The files of references whose image is neither here nor in the trash.
    std::vector<std::filesystem::path> dangling_references() const;
    /// Removes such a file; false when its image has come back meanwhile.
    bool remove_reference(const std::filesystem::path& file) const;

private:
    /// Whether there is a subtree that belongs to its user. What is elsewhere, anybody may have
    /// put there.
    bool counts() const;
    std::optional<StoredImage> read(const std::filesystem::path& directory) const;
    std::optional<ReferenceRecord> read_reference(const std::filesystem::path& path) const;
    bool leads_nowhere(const ReferenceRecord& reference) const;

    Layout layout_;
    std::optional<StoreDescription> description_;
};

} // namespace aic::cache
