// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/copy_range.hpp"
#include "builder/import_plan.hpp"
#include "builder/profile.hpp"
#include "builder/squashfs/compression.hpp"
#include "cache/store.hpp"
#include "core/config.hpp"
#include "core/progress.hpp"
#include "oci/reference.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

namespace aic::builder {

/// How far a pull relies on what the store already has.
enum class Freshness {
    checked,   ///< what is there is used if the reference still leads to it
    as_known,  ///< no registry is asked: what the reference led to last is used, or nothing
    made_anew, ///< everything is fetched and converted again, and replaces what is there
};

struct ImportOptions {
    squashfs::Compression compression;
    std::uint32_t block_bytes = 128 << 10;
    Profile profile = Profile::enroot;
    oci::Platform platform;
    bool platform_is_demanded = false; ///< by the user; else another one is only worth a warning
    unsigned threads = 1;              ///< that compress
    std::optional<std::filesystem::path> output; ///< only this file, nothing in the store
    std::optional<std::filesystem::path>
        enroot_cache{}; ///< another directory than enroot's own settings name; it has to be usable
    Freshness freshness = Freshness::checked;

    /// "zstd1-128k", "gzip9-1m-keep-ids": what tells variants of one image apart.
    std::string variant() const;
};

/// What an image has from others in the store.
struct TakenOver {
    std::uint64_t size_bytes = 0;
    std::string from; ///< the reference of the one that gave most
    std::optional<CopyMethod> method;
    std::size_t enroot_layers = 0;  ///< that enroot had kept, and were not fetched
    std::uint64_t enroot_bytes = 0; ///< of their blobs, as a registry serves them
};

struct ImportResult {
    std::filesystem::path file;
    cache::Record record;
    bool was_there = false; ///< nothing had to be fetched or converted
    TakenOver taken_over;
    registry::FetchedBytes fetched{};
    std::optional<std::int64_t> resolved_seconds{}; ///< Unix time the reference was last looked up,
                                                    ///< where it was not now
};

/// The name of a variant that was made by these; the profile "enroot" is not mentioned.
std::string variant_name(std::string_view compression, std::uint32_t block_bytes,
                         std::string_view profile);

/// Where a pull's progress goes; all of it optional.
struct ImportObserver {
    Progress* progress = nullptr;
    std::function<void(const ImportPlan&)> planned;
};

/// Pulls an image into the store, or into one file: resolves, fetches, converts, publishes. What is
/// there already costs one HEAD request, or none (Freshness). Nothing half-made is ever visible
/// under a final name.
ImportResult import_image(const oci::Reference& reference, const Config& config,
                          const Environment& environment, const ImportOptions& options,
                          const ImportObserver& observer, std::stop_token stop);

} // namespace aic::builder
