// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace aic::builder {

/// A place in an open file.
struct FilePlace {
    int fd;
    std::filesystem::path path; ///< for messages
    std::uint64_t offset;
};

/// How bytes came from one file to another, the cheapest way first.
enum class CopyMethod { reflink, kernel, read_write };

/// "reflink", "copied in the kernel", "copied"
std::string_view name_of(CopyMethod method);

/// Copies `length_bytes`: shares the blocks where the file system can and offsets are whole blocks,
/// else within the kernel (copy_file_range(2)), else by reading and writing. What was needed for
/// most of it.
CopyMethod copy_range(FilePlace from, FilePlace to, std::uint64_t length_bytes);

} // namespace aic::builder
