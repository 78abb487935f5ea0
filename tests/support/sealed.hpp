// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/seal.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace aic::testing {

/// A file's text again after its fields were changed.
inline std::string sealed(nlohmann::json object) {
    object.erase("xxh128");
    return cache::sealed(object.dump());
}

/// The fields of a file, without its seal.
inline nlohmann::json fields_of(const std::string& text) {
    auto object = nlohmann::json::parse(text);
    object.erase("xxh128");
    return object;
}

} // namespace aic::testing
