// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/catalogue.hpp"
#include "cache/pending.hpp"

#include <cstdint>
#include <vector>

namespace aic::cache {

/// The catalogue as of now: the newest generation, and in memory all that is pending since.
struct CatalogueView {
    Catalogue catalogue;
    std::uint64_t newest = 0; ///< highest number published when this was read; 0 for none
    /// Whether the newest generation could not be read, or is not there.
    bool is_newest_unusable = false;
    std::vector<PendingEntry> folded;  ///< that the generation had already
    std::vector<PendingEntry> applied; ///< that came in from the files
};

/// Reads; writes nothing. Without a usable generation everything comes from the files, with a
/// warning when there should have been one.
CatalogueView view_catalogue(const Layout& layout);

/// Adds the caller's private images, which no catalogue of the store has.
void add_private(Catalogue& catalogue, const Layout& layout);

/// From the files alone. What we may not see is left out with a warning.
Catalogue catalogue_of_files(const Layout& layout);

} // namespace aic::cache
