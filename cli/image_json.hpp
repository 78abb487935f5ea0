// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/record.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace aic::cli {

/// An image as `--json` shows it everywhere (docs/formats/json.md).
nlohmann::json image_json(const cache::Record& record, const std::filesystem::path& file);

/// The same with its segments, manifest and config.
nlohmann::json detailed_image_json(const cache::Record& record, const std::filesystem::path& file);

} // namespace aic::cli
