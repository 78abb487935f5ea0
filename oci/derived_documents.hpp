// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "oci/platform.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::oci {

/// A layer that was put onto an image, and what the image's history says of it.
struct AddedLayer {
    DiffId diff_id;
    std::uint64_t tar_bytes = 0;
    std::string created_by; ///< "aic-image build: setup.sh"
    std::string comment;
    std::string created{}; ///< RFC 3339; "" when it is as new as the image
};

/// What an image has otherwise than the one it is built on.
struct Derivation {
    std::vector<AddedLayer> layers;
    std::string created;          ///< RFC 3339
    std::vector<std::string> env; ///< "KEY=VALUE"; takes the place of an earlier one
    std::optional<std::string> working_dir;
    std::optional<std::vector<std::string>> entrypoint; ///< takes the command away too
    std::map<std::string, std::string> labels;
};

/// `env` with further variables, each once: what is said later counts.
std::vector<std::string> with_variables(std::vector<std::string> env,
                                        const std::vector<std::string>& further);

/// The config of an image that is built on another one: that image's, extended. All else stays as
/// it is, what we know nothing of included. Throws Error(integrity) when that is no image config.
std::string derived_config(std::string_view base_config_json, const Derivation& derivation);
/// Its manifest, of the base's kind (Docker's or OCI's).
std::string derived_manifest(std::string_view base_manifest_json, const std::string& config_json,
                             const Derivation& derivation);

/// Config and manifest of a layer that stands alone.
std::string lone_layer_config(const Platform& platform, const AddedLayer& layer,
                              const std::string& created);
std::string lone_layer_manifest(const std::string& config_json, const AddedLayer& layer);

} // namespace aic::oci
