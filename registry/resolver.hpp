// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/image_source.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace aic::registry {

/// A manifest or an index as it was served, verified against its digest.
struct ServedDocument {
    Digest digest;
    std::string json;
    oci::Document document;
};

inline constexpr std::uint64_t k_max_manifest_bytes = 4UL * 1024 * 1024;
inline constexpr std::uint64_t k_max_config_bytes = 8UL * 1024 * 1024;

/// Parses what was served as a manifest. `expected` is the digest it was asked for by, if it was.
/// Throws Error(integrity) when it is not that, or no document that we know.
ServedDocument served_document(std::string json, std::string_view served_type,
                               const std::optional<Digest>& expected);

/// Throws Error(integrity) unless `bytes` are what `descriptor` says.
void verify(std::string_view bytes, const oci::Descriptor& descriptor);

using GetDocument = std::function<ServedDocument(const oci::Descriptor&)>;

/// From `first` through nested indexes (8 deep at most, no cycles) to the manifest for `platform`.
ResolvedImage follow(ServedDocument first, const oci::Platform& platform, const GetDocument& get);

} // namespace aic::registry
