// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "oci/platform.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace aic::oci {

/// An image file that came without manifest and config: all that can be said of it.
struct ForeignImage {
    Platform platform;
    Digest file; ///< of the whole file
    std::uint64_t size_bytes = 0;
    std::string created; ///< when its file system was made, RFC 3339
    std::string file_name;
    std::vector<std::string> env{}; ///< "KEY=VALUE", of its /etc/environment
};

/// The digest that stands for a foreign image's only layer: of the file's bytes, where that of
/// other images is of a tar's.
DiffId synthetic_diff_id(const ForeignImage& image);

/// An image config for it, and the manifest that names this config. The same image gives the same
/// bytes. Bytes of the file's name that are no UTF-8 become U+FFFD.
std::string synthetic_config(const ForeignImage& image);
std::string synthetic_manifest(const ForeignImage& image, const std::string& config_json);

} // namespace aic::oci
