// SPDX-License-Identifier: Apache-2.0
#include "cache/reserve.hpp"

#include "cache/modes.hpp"
#include "cache/subtree.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace aic::cache {

namespace {

/// A name's new state, the image's way into the trash and the notes of both take eight.
constexpr std::size_t k_files = 12;
constexpr std::size_t k_file_bytes = 4096; // a block of most file systems

} // namespace

void Reserve::fill() const noexcept {
    static constexpr std::array<std::byte, k_file_bytes> k_filling{std::byte{1}};
    try {
        make_beneath(layout_, layout_.reserve(), k_private_directory_mode);
        const auto there = entries_of(layout_.reserve());
        for (std::size_t number = 0; number < k_files; ++number) {
            const auto path = layout_.reserve() / std::to_string(number);
            if (std::ranges::find(there, path) == there.end())
                write_all(
                    open_file(path, O_WRONLY | O_CREAT | O_NOFOLLOW, k_private_file_mode).get(),
                    k_filling, path);
        }
    } catch (const std::exception& error) {
        debug("keeping a reserve: {}", error.what());
    }
}

bool Reserve::let_go() const noexcept {
    bool is_any = false;
    try {
        for (const auto& path : entries_of(layout_.reserve()))
            is_any = ::unlink(path.c_str()) == 0 || is_any;
    } catch (const std::exception& error) {
        debug("using the reserve: {}", error.what());
    }
    return is_any;
}

} // namespace aic::cache
