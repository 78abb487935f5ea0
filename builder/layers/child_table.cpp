// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/child_table.hpp"

#include <utility>

namespace aic::layers {

void ChildTable::insert(std::uint32_t hash, std::uint32_t node) {
    if ((used_ + 1) * 4 > slots_.size() * 3)
        rehash(live_ + 1);
    auto at = hash & mask();
    while (slots_[at].node != k_free)
        at = (at + 1) & mask();
    slots_[at] = {hash, node};
    ++live_;
    ++used_;
}

void ChildTable::erase(std::uint32_t hash, std::uint32_t node) {
    auto at = hash & mask();
    while (slots_[at].node != node)
        at = (at + 1) & mask();
    slots_[at].node = k_removed;
    --live_;
}

void ChildTable::reserve(std::size_t more) {
    if ((used_ + more) * 4 > slots_.size() * 3)
        rehash(live_ + more);
}

void ChildTable::rehash(std::size_t count) {
    // Removed slots vanish here, so a table that only churns keeps its size.
    std::size_t size = 64;
    while (size < count * 2)
        size *= 2;
    const auto old = std::exchange(slots_, std::vector<Slot>(size));
    live_ = used_ = 0;
    for (const auto& slot : old)
        if (slot.node < k_removed)
            insert(slot.hash, slot.node);
}

} // namespace aic::layers
