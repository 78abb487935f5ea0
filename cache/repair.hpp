// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store.hpp"
#include "cache/verifier.hpp"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace aic::cache {

/// Something that was done about faults.
struct Repair {
    FaultKind kind;
    std::filesystem::path path;
    std::string what;             ///< "taken out; 'aic-image pull ubuntu' makes it again"
    std::optional<Record> lost{}; ///< of an image that was taken out, where it could be read
};

/// Mends what verify() found: a damaged image is taken out for good, so that it is made again when
/// it is next wanted, as are damaged references; a name whose newest state is damaged goes on with
/// the newest that can be read; pins lose their note; the catalogue is made anew. Each object is
/// looked at once more before, and what is undamaged, or not ours to judge, stays as it is.
std::vector<Repair> repair(const Store& store, const Verified& verified, std::stop_token stop);

} // namespace aic::cache
