// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/format.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace aic::squashfs {

/// The owners that occur, each once; inodes hold their numbers.
class IdTable {
public:
    std::uint16_t index_of(std::uint32_t id) {
        const auto [known, is_new] =
            indexes_.try_emplace(id, static_cast<std::uint32_t>(ids_.size()));
        if (is_new) {
            if (ids_.size() == k_max_ids)
                throw Error(ErrorKind::integrity, "the image has more than {} owners and groups",
                            k_max_ids);
            ids_.push_back(id);
        }
        return static_cast<std::uint16_t>(known->second);
    }

    const std::vector<std::uint32_t>& ids() const { return ids_; }

private:
    std::vector<std::uint32_t> ids_;
    std::unordered_map<std::uint32_t, std::uint32_t> indexes_;
};

} // namespace aic::squashfs
