// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/set_up.hpp"

#include <cstdint>

namespace aic::cache {

/// What an upgrade did.
struct Upgraded {
    StoreDescription before;
    StoreDescription after;
    std::uint64_t shut_images = 0; ///< that are private now, for `share` to open
};

/// Brings a store to this release's format and to another preset: the caller's subtree gets the
/// modes of this format, and when others are let in, each image that was made for the caller alone
/// is made private first. Running it again after a crash goes on. Only the owner of the store can.
/// Throws Error(not_found) where there is no store, Error(usage) when it is to become private and
/// others have a part of it. Nobody else may be writing in the store meanwhile.
Upgraded upgrade(const Layout& layout, const SetUp& wanted);

} // namespace aic::cache
