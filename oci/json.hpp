// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::oci {

// JSON that strangers wrote. Everything here throws Error(integrity) that names the field. An
// absent field and one that is null are the same: Go's encoders write both.

/// Refuses what is not JSON, is nested deeper than any document of ours, or has a field twice.
nlohmann::json parse_json(std::string_view text);

/// Nothing when the field is not there.
const nlohmann::json* find_field(const nlohmann::json& object, const char* name);
const nlohmann::json& required_object(const nlohmann::json& object, const char* name);
const nlohmann::json& required_array(const nlohmann::json& object, const char* name);

/// "" when the field is not there.
std::string string_field(const nlohmann::json& object, const char* name);
std::string required_string(const nlohmann::json& object, const char* name);
/// At most 2^63 - 1, so that file offsets can hold it.
std::uint64_t required_size(const nlohmann::json& object, const char* name);
/// A list of strings; empty when the field is not there.
std::vector<std::string> strings_field(const nlohmann::json& object, const char* name);

/// The string that `value` is; `name` is the field it stands in.
std::string as_string(const nlohmann::json& value, const char* name);

} // namespace aic::oci
