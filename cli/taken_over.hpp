// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace aic::cli {

/// What an image has from where it was not fetched: a line each, with a line break in front; "" for
/// an image that was fetched whole.
std::string taken_over_lines(const builder::ImportResult& result);

/// The same for the image's JSON (docs/formats/json.md).
void add_taken_over(nlohmann::json& image, const builder::TakenOver& taken);

} // namespace aic::cli
