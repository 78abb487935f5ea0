// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/donors.hpp"
#include "builder/enroot_cache.hpp"
#include "core/digest.hpp"
#include "oci/image_config.hpp"
#include "oci/platform.hpp"
#include "registry/image_source.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aic::builder {

/// What a pull is about, told before the first byte of a layer moves.
struct ImportPlan {
    std::string reference;
    oci::Platform platform;
    Digest manifest_digest;
    std::size_t layer_count = 0;
    std::uint64_t total_bytes = 0; ///< of the layers' blobs
    std::uint64_t here_bytes = 0;  ///< of those whose segments are in the store already
};

/// The layers' blobs, each once.
std::vector<oci::Descriptor> unique_layers(const oci::Manifest& manifest);
/// Those of them that no image of the store has.
std::vector<oci::Descriptor> layers_to_fetch(const oci::Manifest& manifest,
                                             const oci::ImageConfig& config,
                                             const std::map<DiffId, Donor>& donors);
ImportPlan plan_import(std::string reference, const registry::ResolvedImage& image,
                       const oci::ImageConfig& config, const std::map<DiffId, Donor>& donors);

/// Those of `layers` that come over the network, and so through the spool: none but a registry's,
/// and of these none that enroot has, where that is used.
std::vector<oci::Descriptor> layers_to_download(std::vector<oci::Descriptor> layers,
                                                const oci::Reference& reference,
                                                const EnrootCache* enroot);

/// An image without an index is for one platform, whatever was asked for: throws
/// Error(no_platform) where that was demanded, and warns where it is only this machine's.
void require_platform(const oci::Platform& actual, const oci::Platform& wanted, bool is_demanded);

/// Throws Error(not_found) where there is no directory to write this file into, and Error(usage)
/// where something else than a file has its name: it would be replaced, for it is renamed.
void require_output(const std::filesystem::path& file);

/// Throws Error(no_space) unless there is room for an image and, in the spool, for what of its
/// layers is to be downloaded and not there yet; for both where they share a disk. The image takes
/// about what the layers that are converted take; what other images have may cost nothing, and is
/// asked for when it is copied.
void require_room(const std::vector<oci::Descriptor>& to_convert,
                  const std::vector<oci::Descriptor>& to_download,
                  const std::filesystem::path& target, const std::filesystem::path& spool);

} // namespace aic::builder
