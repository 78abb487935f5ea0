// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace aic::cache {

enum class FaultKind { image, reference, name, pin, catalogue };

/// "image", "ref", "name", "pin", "catalogue".
std::string_view name_of(FaultKind kind);

/// Something in a store that is not as it should be.
struct Fault {
    FaultKind kind;
    std::filesystem::path path; ///< of the file or directory that is wrong
    std::string what;           ///< "the tables are not as recorded"
    /// Else it is only told of: it could not be read, or a newer aic-image made it.
    bool is_mendable = true;
};

/// Whether a JSON file says that it has a newer version than ours, which are all 1: then it is not
/// damaged, and not for us.
bool is_of_newer_version(std::string_view json);

} // namespace aic::cache
