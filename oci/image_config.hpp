// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "oci/platform.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aic::oci {

/// The part of an OCI image config (config.md) that an image is made from.
struct ImageConfig {
    Platform platform;
    std::vector<DiffId> diff_ids;     ///< of the layers, lowest first
    std::int64_t created_seconds = 0; ///< Unix time; 0 when the config names none
    std::vector<std::string> env;     ///< "KEY=VALUE"
    std::vector<std::string> entrypoint;
    std::vector<std::string> cmd;
    std::string working_dir; ///< "" when none
    std::string user;
    std::map<std::string, std::string> labels;
    std::vector<std::string> volumes; ///< sorted
};

/// Throws Error(integrity) when it is not JSON, not an image config, or holds a bad diff id.
ImageConfig parse_image_config(std::string_view json);

} // namespace aic::oci
