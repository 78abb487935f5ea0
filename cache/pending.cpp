// SPDX-License-Identifier: Apache-2.0
#include "cache/pending.hpp"

#include "cache/subtree.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::string_view k_intent = ".intent";
constexpr std::string_view k_done = ".done";
constexpr std::uint64_t k_max_entry_bytes = 4096;
/// An unlink mostly waits, for the journal (4 ms on ext4 with discard) or for a server.
constexpr std::size_t k_entries_per_remover = 4;
constexpr std::size_t k_most_removers = 16;

fs::path with_suffix(const fs::path& entry, std::string_view suffix) {
    return fs::path(entry).concat(suffix);
}

} // namespace

ChangeNote::ChangeNote(const Layout& layout, const ObjectKey& key)
    : key_(key)
    , entry_(layout.pending() / unique_name()) {
    make_beneath(layout, layout.pending());
    write_file(with_suffix(entry_, k_intent), to_json(key_));
}

void ChangeNote::done() {
    const auto done = with_suffix(entry_, k_done);
    if (::rename(with_suffix(entry_, k_intent).c_str(), done.c_str()) == 0)
        return fsync_directory(done.parent_path());
    if (errno != ENOENT)
        throw system_error("noting the change '{}'", done.native());
    // It took us so long that the intent was taken for a dead process's.
    write_file(done, to_json(key_));
}

std::vector<PendingEntry> pending_entries(const Layout& layout) {
    std::vector<PendingEntry> entries;
    for (const auto& path : entries_of(layout.pending())) {
        auto name = path.filename().native();
        if (name.starts_with('.')) // still being written
            continue;
        const bool is_done = name.ends_with(k_done);
        if (is_done || name.ends_with(k_intent))
            entries.push_back({.owner = layout.owner(),
                               .file_name = std::move(name),
                               .state = is_done ? PendingState::done : PendingState::intent});
    }
    return entries;
}

std::optional<ObjectKey> read_pending(const Layout& layout, const PendingEntry& entry) {
    const auto path = layout.pending() / entry.file_name;
    auto text = read_beneath(layout, path, k_max_entry_bytes, Foreign::refused);
    if (!text && entry.state == PendingState::intent)
        text = read_beneath(layout, fs::path(path).replace_extension(k_done), k_max_entry_bytes,
                            Foreign::refused);
    return text ? std::optional(parse_object_key(*text)) : std::nullopt;
}

void remove_pending(const Layout& layout, const std::vector<PendingEntry>& entries) {
    std::atomic<std::size_t> next = 0;
    const auto remove_some = [&] {
        for (auto at = next++; at < entries.size(); at = next++)
            if (entries[at].owner == layout.owner())
                ::unlink((layout.pending() / entries[at].file_name).c_str());
    };
    std::vector<std::jthread> helpers;
    const auto wanted = std::min(entries.size() / k_entries_per_remover, k_most_removers);
    try {
        while (helpers.size() < wanted)
            helpers.emplace_back(remove_some);
    } catch (const std::system_error&) {
        // No more threads for this user: those that there are do it.
    }
    remove_some();
}

} // namespace aic::cache
