// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/reference.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <memory>
#include <stop_token>

namespace aic::registry {

/// An image of a container engine, as its `save` writes it, which is copied into a file without a
/// name in `spool`. Throws Error(not_found) when there is no such engine or no such image.
std::unique_ptr<ImageSource> open_engine_image(const oci::EngineReference& reference,
                                               const std::filesystem::path& spool,
                                               std::stop_token stop);

} // namespace aic::registry
