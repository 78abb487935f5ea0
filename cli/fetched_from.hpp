// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace aic::cli {

/// Where an image's layers came from, most first, as a line with a line break in front; "" where
/// there is nothing to say: all came from the registry that was named, or nothing came.
std::string fetched_line(const builder::ImportResult& result, const oci::Reference& reference);

/// The same for the image's JSON (docs/formats/json.md).
nlohmann::json fetched_json(const builder::ImportResult& result);

} // namespace aic::cli
