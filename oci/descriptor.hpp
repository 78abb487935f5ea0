// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace aic::oci {

/// A content descriptor (OCI image-spec, descriptor.md): what a blob is, how large, under which
/// digest.
struct Descriptor {
    std::string media_type;
    Digest digest;
    std::uint64_t size_bytes = 0;
    std::vector<std::string> urls; ///< only of foreign layers
};

} // namespace aic::oci
