// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/layer_index.hpp"
#include "cache/catalogue.hpp"
#include "cache/library.hpp"
#include "core/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace aic::builder {

/// A layer's segment in an image that is there, ready to be taken over.
struct Donor {
    std::shared_ptr<const Fd> file; ///< stays readable when the image goes meanwhile
    std::filesystem::path path;     ///< for messages
    std::uint64_t offset = 0;
    std::shared_ptr<const layers::LayerIndex> layer;
    std::string reference; ///< what people know the image by
    std::int64_t producer_uid = 0;
};

/// What makes two segments of one layer the same.
struct SegmentForm {
    std::string compression; ///< "zstd1"
    std::uint32_t block_bytes = 0;
};

/// Finds which images of a library hold a layer's segment. The catalogues say where to look; record
/// and layers.idx of users that are trusted are what is believed.
class Donors {
public:
    Donors(const cache::Library& library, SegmentForm form);

    /// Nothing when no image has it, or what should have it cannot be read.
    std::optional<Donor> find(const DiffId& diff_id);
    /// Of those layers that one is found for.
    std::map<DiffId, Donor> find_each(const std::vector<DiffId>& diff_ids);

private:
    struct Image {
        cache::StoredImage stored;
        std::shared_ptr<const Fd> file;
        std::vector<std::shared_ptr<const layers::LayerIndex>> layers;
    };

    /// One store, and what its catalogue knows.
    struct Index {
        cache::Layout layout;
        cache::Catalogue catalogue;
    };

    void add_index(const std::filesystem::path& root);
    std::optional<Donor> find_in(const Index& index, const DiffId& diff_id);
    const Image* open(const cache::Layout& owners, const cache::SegmentHolder& holder);
    std::optional<Image> read(const cache::Layout& owners,
                              const cache::SegmentHolder& holder) const;

    const cache::Library& library_;
    const SegmentForm form_;
    std::vector<Index> indexes_;                                   ///< in the order of the stores
    std::map<std::filesystem::path, std::optional<Image>> images_; ///< by directory
};

} // namespace aic::builder
