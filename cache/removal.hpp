// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <functional>
#include <string_view>

namespace aic::cache {

/// Takes an image out of the store, into the trash, unless `is_wanted` says before or right after
/// that somebody wants it: then it stays, or is put back. False when it stayed or was not there.
///
/// `is_wanted` reads what holds the image afresh each time. Whoever begins to hold an image
/// publishes that first, and then looks whether the image is still there (Names, Pins). So of two
/// that do both at once at least one sees the other, and the image is back after a moment. What is
/// left is this moment, in which a look-up finds nothing, and on NFS the seconds for which another
/// node may believe an old answer about a directory.
bool remove_unless(const Layout& layout, const ImageId& id, std::string_view variant,
                   const std::function<bool()>& is_wanted);

/// The same, for what no name and no pin holds.
bool remove_unless_held(const Layout& layout, const ImageId& id, std::string_view variant);

} // namespace aic::cache
