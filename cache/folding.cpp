// SPDX-License-Identifier: Apache-2.0
#include "cache/folding.hpp"

#include "cache/catalogue_view.hpp"
#include "cache/generation.hpp"
#include "cache/modes.hpp"
#include "cache/subtree.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

using std::chrono::system_clock;

constexpr std::chrono::hours k_intent_lifetime{24}; ///< a writer is dead, or will say done() again
constexpr std::chrono::hours k_generation_lifetime{24}; ///< of one that is replaced
constexpr int k_attempts = 100; ///< each lost one is a generation that somebody else published

/// The file whose lock saves work. The directory of generations is made where it is missing.
Fd open_lock(const Layout& layout) {
    make_directories(layout.catalogue(), k_private_directory_mode);
    make_beneath(layout, layout.subtree());
    return open_file(layout.folding_lock(), O_RDWR | O_CREAT | O_NOFOLLOW, k_private_file_mode);
}

/// What time it is for the file system, whose times are compared with it.
system_clock::time_point file_system_time(const Fd& lock, const Layout& layout) {
    if (::futimens(lock.get(), nullptr) != 0)
        throw system_error("touching '{}'", layout.folding_lock().native());
    return time_point_of(fstat_of(lock.get(), layout.folding_lock()).st_mtim);
}

fs::path path_of(const Layout& layout, const PendingEntry& entry) {
    return Layout(layout.root(), entry.owner).pending() / entry.file_name;
}

/// When it was made or done, which rename() notes too. Nothing when it is gone.
std::optional<system_clock::time_point> time_of(const Layout& layout, const PendingEntry& entry) {
    struct stat status;
    if (::lstat(path_of(layout, entry).c_str(), &status) != 0)
        return std::nullopt;
    return time_point_of(status.st_ctim);
}

/// Whether nobody will change the object on account of this entry any more.
bool is_settled(const Layout& layout, const PendingEntry& entry, system_clock::time_point now) {
    if (entry.state == PendingState::done)
        return true;
    const auto time = time_of(layout, entry);
    return time && *time + k_intent_lifetime < now;
}

/// Notes in the catalogue what it holds, and returns whether that is news.
bool mark_folded(Catalogue& catalogue, const CatalogueView& view, const Layout& layout,
                 system_clock::time_point now) {
    bool has_news = view.is_newest_unusable;
    catalogue.clear_folded();
    // Those of before may be another user's, which only he removes.
    for (const auto& entry : view.folded)
        catalogue.set_folded(entry.owner, entry.file_name);
    for (const auto& entry : view.applied)
        if (is_settled(layout, entry, now)) {
            catalogue.set_folded(entry.owner, entry.file_name);
            has_news = true;
        }
    return has_news;
}

/// False when somebody else published meanwhile.
bool publish(const Layout& layout, const CatalogueView& view, Catalogue& catalogue,
             system_clock::time_point now) {
    if (view.newest >= k_highest_number)
        throw Error(ErrorKind::integrity,
                    "a file in '{}' has the number {}, after which there is none",
                    layout.catalogue().native(), view.newest)
            .with_hint("its owner, or the store's, has to remove it");
    const Generations generations(layout);
    const Ancestor self{.number = view.newest + 1,
                        .nonce = unique_name(),
                        .folded_seconds = system_clock::to_time_t(now)};
    catalogue.add_ancestor(self);
    catalogue.check();
    if (!generations.publish(catalogue, self.number) || !generations.leads_to_newest(self))
        return false;
    // One generation late: should the newest be damaged, the one before and the entries that are
    // still there make up for it.
    remove_pending(layout, view.folded);
    generations.remove_older_than(now - k_generation_lifetime);
    return true;
}

/// Calls `attempt` until it has published, or has nothing to publish.
template <typename Attempt>
void until_published(const Layout& layout, const Attempt& attempt) {
    for (int count = 0; count < k_attempts; ++count)
        if (attempt())
            return;
    throw Error(ErrorKind::busy, "others keep publishing catalogues in '{}'",
                layout.catalogue().native());
}

/// The entries since the newest generation; those before it are in it, or wait for their writer.
bool is_due(const Layout& layout, const FoldPolicy& policy) {
    const auto published = Generations(layout).newest_time();
    const auto entries = pending_entries(layout);
    if (!published)
        return !entries.empty();
    std::vector<system_clock::time_point> times;
    for (const auto& entry : entries)
        if (const auto time = time_of(layout, entry); time && *time >= *published)
            times.push_back(*time);
    if (times.empty())
        return false;
    // The newest is the caller's own, from a moment ago: so late it is for the file system.
    const auto [oldest, newest] = std::ranges::minmax(times);
    return times.size() >= policy.entries || newest - oldest >= policy.age;
}

std::vector<Difference> differences(const Catalogue::Dump& catalogue,
                                    const Catalogue::Dump& files) {
    std::vector<Difference> found;
    for (const auto& [object, row] : files) {
        const auto known = catalogue.find(object);
        if (known == catalogue.end())
            found.push_back({DifferenceKind::missing, object, "", row});
        else if (known->second != row)
            found.push_back({DifferenceKind::wrong, object, known->second, row});
    }
    for (const auto& [object, row] : catalogue)
        if (!files.contains(object))
            found.push_back({DifferenceKind::stale, object, row, ""});
    return found;
}

} // namespace

bool fold(const Layout& layout, FoldLock locking) {
    return in_context("bringing the catalogue up to date", [&] {
        const auto lock = open_lock(layout);
        if (locking == FoldLock::advisory && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
            return false;
        until_published(layout, [&] {
            const auto now = file_system_time(lock, layout);
            auto view = view_catalogue(layout);
            return !mark_folded(view.catalogue, view, layout, now)
                   || publish(layout, view, view.catalogue, now);
        });
        return true;
    });
}

void fold_if_due(const Layout& layout, const FoldPolicy& policy) noexcept {
    try {
        if (is_due(layout, policy))
            fold(layout);
    } catch (const std::exception& error) {
        warn("{}", error.what());
    }
}

std::vector<Difference> compare(const Layout& layout) {
    const auto view = view_catalogue(layout);
    return differences(view.catalogue.dump(), catalogue_of_files(layout).dump());
}

std::vector<Difference> rebuild(const Layout& layout) {
    return in_context("making the catalogue anew", [&] {
        const auto lock = open_lock(layout);
        std::vector<Difference> found;
        until_published(layout, [&] {
            const auto now = file_system_time(lock, layout);
            auto view = view_catalogue(layout);
            auto catalogue = catalogue_of_files(layout);
            found = differences(view.catalogue.dump(), catalogue.dump());
            // The rows are replaced, the line of descent and the entries go on.
            for (const auto& ancestor : view.catalogue.ancestry())
                catalogue.add_ancestor(ancestor);
            mark_folded(catalogue, view, layout, now);
            return publish(layout, view, catalogue, now);
        });
        return found;
    });
}

} // namespace aic::cache
