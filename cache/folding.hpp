// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace aic::cache {

/// When publishing a new generation is worth it.
struct FoldPolicy {
    std::size_t entries = 32;                            ///< so many are pending
    std::chrono::seconds age = std::chrono::minutes{10}; ///< or one is this old
};

enum class FoldLock {
    advisory, ///< somebody else who folds is left to it
    none,     ///< as where locks do not reach other nodes: slower, and as right
};

/// Publishes a generation that holds what is pending, if anything is. False when somebody else is
/// at it. Throws Error(denied) where the store is read-only to us.
bool fold(const Layout& layout, FoldLock lock = FoldLock::advisory);

/// After a change: folds when that is due. What goes wrong is a warning, since the change itself
/// is made and readers see it.
void fold_if_due(const Layout& layout, const FoldPolicy& policy = {}) noexcept;

enum class DifferenceKind {
    missing, ///< the files have it
    stale,   ///< the files do not have it
    wrong,   ///< the files say something else
};

/// Where the catalogue was not as the files are.
struct Difference {
    DifferenceKind kind;
    std::string object; ///< "u/1000 image <id hex>.<variant>"
    std::string row;    ///< the catalogue's, see Catalogue::dump(); "" where there is none
    std::string due;    ///< what the files say that it is

    bool operator==(const Difference&) const = default;
};

/// What rebuild() would correct. Writes nothing.
std::vector<Difference> compare(const Layout& layout);

/// Publishes a generation made from the files alone; what it corrects, by object. Whoever changes
/// the store meanwhile may see his change among them.
std::vector<Difference> rebuild(const Layout& layout);

} // namespace aic::cache
