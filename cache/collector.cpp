// SPDX-License-Identifier: Apache-2.0
#include "cache/collector.hpp"

#include "cache/claim.hpp"
#include "cache/names.hpp"
#include "cache/removal.hpp"
#include "cache/reserve.hpp"
#include "cache/subtree.hpp"
#include "cache/trash.hpp"
#include "cache/uses.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

using Mode = CollectOptions::Mode;

/// A reference without its tag and digest.
std::string repository_of(std::string reference) {
    reference.resize(std::min(reference.size(), reference.find('@')));
    const auto colon = reference.rfind(':');
    const auto slash = reference.rfind('/');
    if (colon != std::string::npos && (slash == std::string::npos || colon > slash))
        reference.resize(colon);
    return reference;
}

void check(std::stop_token stop) {
    if (stop.stop_requested())
        throw Error(ErrorKind::interrupted, "stopped");
}

/// Carries a decision out; a removal that somebody's hold or use came before becomes a keep.
void carry_out(const Layout& layout, Decision& decision) {
    const auto& image = decision.image;
    const auto is_wanted = [&] {
        return !Holders::read(layout).of(image.id, image.variant).empty()
               || last_use_of_any(layout, users_of(layout), image.id, image.variant)
                      != image.used_seconds;
    };
    if (!remove_unless(layout, image.id, image.variant, is_wanted)) {
        decision.verdict = Verdict::keep;
        decision.reason = "somebody began to use it, or removed it, just now";
    }
}

std::uint64_t size_in_trash(const TrashedImage& image) {
    try {
        const auto found = read_image(image.directory);
        return found ? found->record.size_bytes : 0;
    } catch (const Error&) {
        return 0; // damaged; it goes all the same
    }
}

void empty_trash(const Layout& layout, const CollectOptions& options, Collected& collected,
                 std::stop_token stop) {
    const Trash trash(layout);
    const auto oldest_kept = std::time(nullptr) - options.trash_age.count();
    for (const auto& image : trash.list())
        if (image.removed_seconds <= oldest_kept) {
            ++collected.emptied_images;
            collected.emptied_bytes += size_in_trash(image);
        }
    if (options.mode == Mode::dry_run)
        return;
    for (const auto& entry : trash.entries_older_than(options.trash_age, std::time(nullptr))) {
        check(stop);
        trash.discard(entry);
    }
}

/// Temporary files that AtomicFile left in a process that was killed: nobody writes a small file
/// for a day.
std::vector<fs::path> abandoned_files(const fs::path& directory) {
    constexpr std::int64_t k_abandoned_seconds = 86400;
    std::vector<fs::path> files;
    for (const auto& path : entries_of(directory)) {
        const auto name = path.filename().native();
        struct stat status;
        if (name.starts_with('.') && name.ends_with(".tmp") && ::lstat(path.c_str(), &status) == 0
            && status.st_mtim.tv_sec < std::time(nullptr) - k_abandoned_seconds)
            files.push_back(path);
    }
    return files;
}

std::vector<fs::path> leavings_of(const Layout& layout) {
    auto leavings = stale_uses(layout);
    const auto add = [&](const std::vector<fs::path>& more) {
        leavings.insert(leavings.end(), more.begin(), more.end());
    };
    const Names names(layout);
    for (const auto& name : names.known()) {
        add(names.outdated(name));
        add(abandoned_files(layout.name(name.str())));
    }
    add(abandoned_files(layout.pins()));
    add(abandoned_files(layout.references()));
    add(abandoned_claims(layout));
    return leavings;
}

void remove_leavings(const Store& store, Mode mode, Collected& collected) {
    const auto references = store.dangling_references();
    const auto leavings = leavings_of(store.layout());
    collected.leavings += references.size() + leavings.size();
    if (mode == Mode::dry_run)
        return;
    for (const auto& path : references)
        store.remove_reference(path);
    for (const auto& path : leavings)
        ::unlink(path.c_str());
    WorkDir::remove_abandoned(store.layout().temporary());
}

/// The caller's leases that are over, which a dry run leaves where they are.
std::vector<fs::path> remove_leases(const Layout& layout, const CollectOptions& options) {
    auto over = Leases(layout).over(Vantage::current(), options.live_jobs);
    if (options.mode == Mode::collect)
        for (const auto& file : over)
            ::unlink(file.c_str());
    return over;
}

/// Only for who has something in the store.
void fill_reserve(const Store& store) noexcept {
    std::error_code ignored;
    if (fs::exists(store.layout().images(), ignored))
        Reserve(store.layout()).fill();
}

} // namespace

std::vector<ImageFacts> facts_of(const Store& store, const std::vector<fs::path>& over) {
    const auto holders = Holders::read(store.layout(), over);
    const auto uses = last_uses(store.layout(), users_of(store.layout()));
    std::vector<ImageFacts> facts;
    for (const auto& image : store.list()) {
        const auto& record = image.record;
        const auto used = uses.find({record.id, record.variant});
        facts.push_back(
            {.id = record.id,
             .variant = record.variant,
             .reference = record.reference,
             .repository = repository_of(record.reference),
             .size_bytes = record.size_bytes,
             .created_seconds = record.created_seconds,
             .used_seconds = used == uses.end() ? std::nullopt : std::optional(used->second),
             .holders = holders.of(record.id, record.variant)});
    }
    return facts;
}

Collected collect(const Store& store, const CollectOptions& options, std::stop_token stop) {
    const auto leases = remove_leases(store.layout(), options);
    Collected collected{.decisions = choose(facts_of(store, leases), options.eviction)};
    collected.leavings = leases.size();
    if (options.mode == Mode::collect) {
        // First, since putting more into the trash takes inodes that a full disk has not.
        empty_trash(store.layout(), options, collected, stop);
        for (auto& decision : collected.decisions)
            if (decision.verdict == Verdict::remove) {
                check(stop);
                carry_out(store.layout(), decision);
            }
    }
    empty_trash(store.layout(), options, collected, stop);
    remove_leavings(store, options.mode, collected);
    if (options.mode == Mode::collect)
        fill_reserve(store);
    return collected;
}

void collect_a_little(const Store& store, std::chrono::seconds trash_age) noexcept {
    fill_reserve(store);
    constexpr std::chrono::milliseconds k_budget(50);
    const auto end = std::chrono::steady_clock::now() + k_budget;
    try {
        const Trash trash(store.layout());
        for (const auto& entry : trash.entries_older_than(trash_age, std::time(nullptr))) {
            if (std::chrono::steady_clock::now() > end)
                return;
            trash.discard(entry);
        }
        WorkDir::remove_abandoned(store.layout().temporary());
    } catch (const std::exception& error) {
        debug("collecting garbage: {}", error.what());
    }
}

} // namespace aic::cache
