// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/tree.hpp"
#include "builder/squashfs/image_reader.hpp"
#include "builder/stored_tree.hpp"
#include "cache/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace aic::commit {

/// An image's tree, as the containers that were made from it had it.
class BaseTree {
public:
    /// Throws Error(integrity) when the image's files do not fit each other.
    explicit BaseTree(const cache::StoredImage& image);

    const layers::Tree& tree() const { return stored_.tree; }

    std::uint64_t size_bytes(const layers::Inode& file) const;
    /// Hands the bytes of a regular file of the image to `sink`; false where there is none.
    bool read(const std::string& path, Sink& sink);
    /// "" where there is no such file, or it is larger than text is.
    std::string text(const std::string& path);

private:
    builder::StoredTree stored_;
    squashfs::ImageReader reader_;
};

} // namespace aic::commit
