// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.hpp"
#include "oci/platform.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aic::oci {

/// An image manifest, Docker's or OCI's: a config and the layers, lowest first.
struct Manifest {
    std::string media_type;
    Descriptor config;
    std::vector<Descriptor> layers;
};

/// One line of an index.
struct IndexEntry {
    Descriptor descriptor;
    std::optional<Platform> platform; ///< absent for entries that name none
    std::string reference_name;       ///< annotation org.opencontainers.image.ref.name, or ""
    std::string image_name{}; ///< annotation io.containerd.image.name, Docker's whole reference
};

/// An image index, or Docker's manifest list.
struct Index {
    std::string media_type;
    std::vector<IndexEntry> entries;
};

using Document = std::variant<Manifest, Index>;

/// Parses what a registry or a layout serves as a manifest. `served_type` is the Content-Type
/// header or the descriptor's media type, "" when there is none. The body's `mediaType` is trusted,
/// the two must agree, and the shape decides only when neither is there. Refused with
/// Error(integrity) that says why: documents that are both kinds, schema 1, artifacts without a
/// root file system, bad digests or sizes.
Document parse_document(std::string_view json, std::string_view served_type);

/// The manifest that stands in a store's record, where a layer may also be the data area of a
/// squashfs that others made (k_squashfs_layer). Throws as parse_document() does.
Manifest parse_recorded_manifest(std::string_view json);

/// The entry for `wanted`: same os and architecture, then the same variant, else the one without,
/// else the only one. Attestations (unknown/unknown) and artifacts never match. Throws
/// Error(no_platform) listing what there is.
const IndexEntry& choose(const Index& index, const Platform& wanted);

} // namespace aic::oci
