// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/image_source.hpp"

#include <filesystem>
#include <stop_token>

namespace aic::registry {

/// An archive's bytes, readable at any offset. Throws Error(usage) when they are compressed, which
/// archives that are read in place cannot be.
BlobFile open_archive_file(const std::filesystem::path& path);

/// The same of an open descriptor, such as standard input: a file is read where it is, from its
/// present position on; anything else is copied first, once and as it comes, into a file without a
/// name in `spool`.
BlobFile open_archive_input(int descriptor, const std::filesystem::path& spool,
                            std::stop_token stop);

/// What comes from a descriptor to its end, copied into such a file; `name` is what it is called in
/// messages.
BlobFile copy_archive_input(int descriptor, const std::string& name,
                            const std::filesystem::path& spool, std::stop_token stop);

} // namespace aic::registry
