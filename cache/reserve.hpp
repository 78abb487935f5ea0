// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "core/error.hpp"

namespace aic::cache {

/// A few inodes and blocks that a store keeps, so that something can be removed when its disk is
/// full: a removal writes a few small files before it frees anything.
class Reserve {
public:
    explicit Reserve(const Layout& layout) : layout_(layout) {}

    /// Makes what is missing of it, as far as there is room.
    void fill() const noexcept;
    /// False when there was nothing to let go of.
    bool let_go() const noexcept;

private:
    const Layout& layout_;
};

/// Calls `remove`, and once more out of the reserve when there was no room for it.
template <typename Remove>
decltype(auto) with_reserve(const Layout& layout, const Remove& remove) {
    const Reserve reserve(layout);
    try {
        return remove();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::no_space || !reserve.let_go())
            throw;
    }
    return remove();
}

} // namespace aic::cache
