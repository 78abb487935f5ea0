// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cache {

/// An image that was removed and is not gone yet.
struct TrashedImage {
    ImageId id;
    std::string variant;
    std::int64_t removed_seconds = 0;
    std::filesystem::path directory; ///< as it stood under images/
};

/// Images on their way out: `trash/<time>.<unique>/<id>/<variant>`. Going there and coming back is
/// one rename each, so that jobs which have the file open, here or on another node, keep it.
class Trash {
public:
    explicit Trash(Layout layout) : layout_(std::move(layout)) {}

    /// Takes an image out of the store; false when it is not there. Whoever may put it there should
    /// look at what holds it: see removal.hpp.
    bool put(const ImageId& id, std::string_view variant) const;
    /// Puts the image that was removed last back, unless it is there; false when there is none.
    bool bring_back(const ImageId& id, std::string_view variant) const;

    /// Puts the finished image directory `staged` in the place of the image that is there, which
    /// goes to the trash; false when there is none (any more). One step where the file system can
    /// exchange two directories; where it cannot (NFS), there is nothing at the path for a moment.
    bool replace(const ImageId& id, std::string_view variant,
                 const std::filesystem::path& staged) const;

    /// Oldest first.
    std::vector<TrashedImage> list() const;
    std::optional<TrashedImage> find(const ImageId& id, std::string_view variant) const;

    /// The entries that hold images removed at least `age` before `now_seconds`, oldest first.
    std::vector<std::filesystem::path> entries_older_than(std::chrono::seconds age,
                                                          std::int64_t now_seconds) const;
    /// Unlinks an entry for good.
    void discard(const std::filesystem::path& entry) const;

private:
    Layout layout_;
};

} // namespace aic::cache
