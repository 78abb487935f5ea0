// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace aic::layers {

/// An open-addressing hash table of node numbers: five to ten bytes a node where a map of names
/// would take a hundred. The caller hashes and compares, since the names are his.
class ChildTable {
public:
    /// The node with this hash that `matches` accepts.
    template <typename Matches>
    std::optional<std::uint32_t> find(std::uint32_t hash, const Matches& matches) const {
        if (slots_.empty())
            return std::nullopt;
        for (auto at = hash & mask();; at = (at + 1) & mask()) {
            if (slots_[at].node == k_free)
                return std::nullopt;
            if (slots_[at].node != k_removed && slots_[at].hash == hash && matches(slots_[at].node))
                return slots_[at].node;
        }
    }

    /// Makes room for that many more.
    void reserve(std::size_t more);
    void insert(std::uint32_t hash, std::uint32_t node);
    /// The node must be there.
    void erase(std::uint32_t hash, std::uint32_t node);

private:
    static constexpr std::uint32_t k_free = 0xFFFFFFFF;
    static constexpr std::uint32_t k_removed = 0xFFFFFFFE;

    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t node = k_free;
    };

    std::uint32_t mask() const { return static_cast<std::uint32_t>(slots_.size() - 1); }

    /// To hold `count` in at most half of its slots.
    void rehash(std::size_t count);

    std::vector<Slot> slots_; ///< a power of two of them, at most three quarters in use
    std::size_t live_ = 0;
    std::size_t used_ = 0; ///< live ones and removed ones
};

} // namespace aic::layers
