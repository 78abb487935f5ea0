// SPDX-License-Identifier: Apache-2.0
#include "tests/support/listing.hpp"

#include <fmt/format.h>

namespace aic::testing {

namespace {

constexpr unsigned k_usual_mode = 0644;

std::string line_of(const std::string& path, const ListedEntry& entry) {
    const auto mode =
        entry.mode == k_usual_mode ? std::string() : fmt::format(" {:04o}", entry.mode);
    switch (entry.kind) {
    case ListedEntry::Kind::directory:
        return fmt::format("dir {} {:04o}\n", path, entry.mode);
    case ListedEntry::Kind::symlink:
        return fmt::format("link {} -> {}\n", path, entry.text);
    case ListedEntry::Kind::fifo:
        return fmt::format("fifo {}{}\n", path, mode);
    case ListedEntry::Kind::file:
        return fmt::format("file {}{} \"{}\"\n", path, mode, entry.text);
    case ListedEntry::Kind::other:
        break;
    }
    return fmt::format("other {}\n", path);
}

} // namespace

std::string text_of(const Listing& listing) {
    std::string text;
    std::map<std::uint64_t, std::string> first_names;
    for (const auto& [path, entry] : listing) {
        const auto [first, is_new] = first_names.try_emplace(entry.inode, path);
        text += is_new ? line_of(path, entry) : fmt::format("hard {} = {}\n", path, first->second);
    }
    return text;
}

} // namespace aic::testing
