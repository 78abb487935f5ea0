// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "cache/origin.hpp"
#include "cache/store.hpp"
#include "core/progress.hpp"

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

namespace aic::foreign {

/// What becomes of the file that was added. `unlink`: it goes once the image is published; only
/// the caller's own files do, and only when they are still what was added.
enum class Original { keep, unlink };

/// What the references of added files begin with. None that Reference::parse() takes does.
inline constexpr std::string_view k_file_scheme = cache::k_added_scheme;

/// The reference that an added file is recorded under: "file:/home/me/image.sqsh".
std::string reference_of(const std::filesystem::path& file);

/// Takes a squashfs file into the store as it is, byte for byte, with a config of one layer made up
/// for it (docs/decisions/0012-foreign-images-as-one-segment.md). What is no squashfs that can be
/// read throws Error(integrity) that says why. The same file a second time is there already.
builder::ImportResult add_file(const std::filesystem::path& file, cache::Store& store,
                               Original original, Progress* progress, std::stop_token stop);

} // namespace aic::foreign
