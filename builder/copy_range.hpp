// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace aic::builder {

/// A place in an open file.
struct FilePlace {
    int fd;
    std::filesystem::path path; ///< for messages
    std::uint64_t offset;
};

/// Copies `length_bytes` from one file to another within the kernel where that works
/// (copy_file_range(2) shares the blocks on file systems that can), else by reading and writing.
void copy_range(FilePlace from, FilePlace to, std::uint64_t length_bytes);

} // namespace aic::builder
