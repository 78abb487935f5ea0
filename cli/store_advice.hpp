// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"

#include <sys/types.h>

#include <filesystem>

namespace aic::cli {

/// The error with what to do next, where a command could not write to the store: it has no room, or
/// is not the caller's to write. Other errors, and those with a hint, stay as they are.
Error with_store_advice(const Error& error, const std::filesystem::path& store, uid_t caller);

} // namespace aic::cli
