// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/catalogue.hpp"
#include "cache/numbered_files.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace aic::cache {

/// A catalogue from a published file.
struct Generation {
    std::uint64_t number = 0;
    Catalogue catalogue;
};

/// The published files of a store's catalogue, `catalogue/<number>.db`: a database and the XXH3-128
/// of its bytes. None is ever written again.
class Generations {
public:
    explicit Generations(const Layout& layout) : files_(layout.catalogue(), ".db") {}

    /// The highest number there is, readable or not; 0 when there is none.
    std::uint64_t newest() const { return files_.newest(); }

    /// When the newest was published, by the file system's clock.
    std::optional<std::chrono::system_clock::time_point> newest_time() const;

    /// The newest, or with a warning the one before when that is damaged: pending entries still
    /// hold the difference between these two, and no more. Nothing when both are of no use. Throws
    /// Error(usage) when the newest needs a newer aic-image.
    std::optional<Generation> load() const;

    /// Publishes the catalogue as `number`; false when that is taken. Its directory is there.
    bool publish(const Catalogue& catalogue, std::uint64_t number) const;

    /// Whether the newest is this generation or descends from it.
    bool leads_to_newest(const Ancestor& generation) const;

    /// Removes generations, and temporaries that a killed process left, from before `time`. The
    /// newest two stay.
    void remove_older_than(std::chrono::system_clock::time_point time) const;

private:
    NumberedFiles files_;
};

/// The bytes of a generation's file as a catalogue; throws like Catalogue's constructor.
Catalogue read_generation(const std::filesystem::path& path);

} // namespace aic::cache
