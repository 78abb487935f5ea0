// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::oci {

/// What an image config says of how the image came to be, one entry an instruction.
struct HistoryEntry {
    std::string created; ///< RFC 3339; "" when it is not said
    std::string created_by;
    std::string comment;
    std::optional<DiffId> layer; ///< that the instruction made; many only change the config
};

/// The config's history; empty where it has none, or one that does not fit its layers, since it is
/// there for people and nothing depends on it.
std::vector<HistoryEntry> parse_history(std::string_view config_json);

} // namespace aic::oci
