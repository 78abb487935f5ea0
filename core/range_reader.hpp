// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/bytes.hpp"
#include "core/content_hash.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>

namespace aic {

/// Reads ranges of a file through one buffer. Throws Error for a range that goes beyond the end,
/// and Error(interrupted) when a stop is requested.
class RangeReader {
public:
    /// `path` is for messages. Both must outlive the reader.
    RangeReader(int fd, const std::filesystem::path& path, std::stop_token stop);

    ContentHash hash_of(std::uint64_t offset, std::uint64_t length_bytes);
    bool is_zero(std::uint64_t offset, std::uint64_t length_bytes);

private:
    void visit(std::uint64_t offset, std::uint64_t length_bytes,
               const std::function<void(std::span<const std::byte>)>& visit);

    int fd_;
    const std::filesystem::path& path_;
    std::stop_token stop_;
    Bytes buffer_;
};

} // namespace aic
