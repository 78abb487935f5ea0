// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/compaction.hpp"
#include "cache/eviction.hpp"
#include "cli/session.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aic::cli {

/// One image that could be smaller, and what became of that.
struct Compacting {
    cache::StoredImage image; ///< as it was before
    std::uint64_t dead_bytes = 0;
    builder::CompactionChoice choice;
    std::optional<std::uint64_t> new_size_bytes; ///< of one that was compacted
};

/// About each image that stays and of which much is dead. One that cannot be read is warned of and
/// left out.
std::vector<Compacting> choose_compactions(const cache::Store& store,
                                           const std::vector<cache::Decision>& decisions,
                                           const cache::EvictionOptions& eviction);

/// About one that the user asked for: any saving will do.
Compacting asked_compaction(const cache::StoredImage& image);

/// Carries out what was chosen. One that fails is warned of, and the session will fail with the
/// kind of the error; the others go on.
void compact_chosen(Session& session, const cache::Store& store,
                    std::vector<Compacting>& compactings);

std::string table_of(const std::vector<Compacting>& compactings);
nlohmann::json to_json(const std::vector<Compacting>& compactings);

/// "compacted 2 images: 310 MB less"; "" when there was nothing to do.
std::string sum_line(const std::vector<Compacting>& compactings, bool is_dry_run);

} // namespace aic::cli
