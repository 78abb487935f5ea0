// SPDX-License-Identifier: Apache-2.0
#include "core/range_reader.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

#include <algorithm>

namespace aic {

namespace {

constexpr std::size_t k_buffer_bytes = 1 << 20;

} // namespace

RangeReader::RangeReader(int fd, const std::filesystem::path& path, std::stop_token stop)
    : fd_(fd)
    , path_(path)
    , stop_(std::move(stop))
    , buffer_(k_buffer_bytes) {}

ContentHash RangeReader::hash_of(std::uint64_t offset, std::uint64_t length_bytes) {
    ContentHasher hash;
    visit(offset, length_bytes, [&](std::span<const std::byte> bytes) { hash.update(bytes); });
    return hash.value();
}

bool RangeReader::is_zero(std::uint64_t offset, std::uint64_t length_bytes) {
    bool all = true;
    visit(offset, length_bytes, [&](std::span<const std::byte> bytes) {
        all = all && std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
    });
    return all;
}

void RangeReader::visit(std::uint64_t offset, std::uint64_t length_bytes,
                        const std::function<void(std::span<const std::byte>)>& visit) {
    while (length_bytes > 0) {
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        const auto piece =
            std::span(buffer_).first(std::min<std::uint64_t>(length_bytes, buffer_.size()));
        pread_exact(fd_, piece, offset, path_);
        visit(piece);
        offset += piece.size();
        length_bytes -= piece.size();
    }
}

} // namespace aic
