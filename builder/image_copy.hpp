// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/copy_range.hpp"
#include "cache/store.hpp"
#include "cache/visibility.hpp"

#include <stop_token>
#include <vector>

namespace aic::builder {

/// Whose word stands for the bytes of a copy.
enum class Vouching {
    makers, ///< of those who made them, as before
    caller, ///< the caller's: who trusts him takes them as his
};

struct ImageCopy {
    cache::StoredImage image;
    bool was_there = false; ///< the store had the image, and nothing was copied
    CopyMethod method = CopyMethod::reflink;
};

/// Gives the caller's part of `store` an image of another user or another store: the same bytes, by
/// reflink where the file system can, with a record of its own, so that it does not depend on the
/// original. Every byte is compared with the record; what is damaged throws Error(integrity), and
/// nothing is left behind.
ImageCopy copy_image(const cache::StoredImage& original, cache::Store& store, Vouching vouching,
                     cache::Visibility visibility, std::stop_token stop);

/// Lets the references that lead to these images in `from` lead to the copies in `to`, where the
/// caller has none of that text for that platform.
void copy_references(const cache::Store& from, cache::Store& to,
                     const std::vector<ImageCopy>& copies);

} // namespace aic::builder
