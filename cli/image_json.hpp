// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/store.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace aic::cli {

/// An image as `--json` shows it everywhere (docs/formats/json.md).
nlohmann::json image_json(const cache::Record& record, const std::filesystem::path& file);

/// The same with what the user made of it: pin and last use, of his part of the store.
nlohmann::json image_json(const cache::Layout& layout, const cache::StoredImage& image);

/// All of that, his names for it, its segments, manifest and config.
nlohmann::json detailed_image_json(const cache::Layout& layout, const cache::StoredImage& image);

/// Of the image's segments, the bytes that no path leads to; what cannot be counted, because
/// something is damaged, is warned of.
std::optional<std::uint64_t> dead_bytes_if_known(const cache::StoredImage& image);

/// A time as `--json` shows it; null when there is none.
nlohmann::json time_or_null(const std::optional<std::int64_t>& unix_seconds);

} // namespace aic::cli
