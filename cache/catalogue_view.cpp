// SPDX-License-Identifier: Apache-2.0
#include "cache/catalogue_view.hpp"

#include "cache/generation.hpp"
#include "cache/subtree.hpp"
#include "cache/visibility.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace aic::cache {

namespace {

constexpr int k_attempts = 100;

Layout layout_of(const Layout& layout, uid_t user) {
    return Layout(layout.root(), user);
}

/// Runs `body`; false, with a word in the debug log, when the user's files are not for us to see.
template <typename Body>
bool if_allowed(const Body& body) {
    try {
        body();
        return true;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::denied)
            throw;
        debug("the catalogue leaves out what is private: {}", error.message());
        return false;
    }
}

std::vector<PendingEntry> all_pending(const Layout& layout, const std::vector<uid_t>& users) {
    std::vector<PendingEntry> all;
    for (const auto user : users)
        if_allowed([&] {
            auto entries = pending_entries(layout_of(layout, user));
            all.insert(all.end(), std::make_move_iterator(entries.begin()),
                       std::make_move_iterator(entries.end()));
        });
    return all;
}

enum class Applied { yes, no, gone };

Applied apply(Catalogue& catalogue, const Layout& user, const PendingEntry& entry) {
    try {
        const auto key = read_pending(user, entry);
        if (!key)
            return Applied::gone;
        catalogue.put(user.owner(), *key, read_object(user, *key));
        return Applied::yes;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::integrity)
            throw;
        // Perhaps of a newer aic-image, which will know what to do with it.
        debug("'{}' is left alone: {}", entry.file_name, error.message());
        return Applied::no;
    }
}

/// False when an entry went away meanwhile: what it told of may be in a generation newer than this.
bool apply_all(CatalogueView& view, const Layout& layout, std::vector<PendingEntry> entries) {
    for (auto& entry : entries) {
        if (view.catalogue.is_folded(entry.owner, entry.file_name)) {
            view.folded.push_back(std::move(entry));
            continue;
        }
        auto applied = Applied::no;
        if_allowed([&] { applied = apply(view.catalogue, layout_of(layout, entry.owner), entry); });
        if (applied == Applied::gone)
            return false;
        if (applied == Applied::yes)
            view.applied.push_back(std::move(entry));
    }
    return true;
}

CatalogueView view_of_newest(const Layout& layout) {
    const Generations generations(layout);
    const auto newest = generations.newest();
    if (auto loaded = generations.load())
        return {.catalogue = std::move(loaded->catalogue),
                .newest = std::max(newest, loaded->number),
                .is_newest_unusable = loaded->number < newest};
    if (newest != 0)
        warn("the catalogue in '{}' is of no use; everything is read anew",
             layout.catalogue().native());
    return {.catalogue = catalogue_of_files(layout), .newest = newest, .is_newest_unusable = true};
}

} // namespace

CatalogueView view_catalogue(const Layout& layout) {
    return in_context("reading the catalogue", [&] {
        for (int attempt = 0; attempt < k_attempts; ++attempt) {
            // In this order: an entry that is gone from the list is in the generation read after
            // it.
            const auto users = users_of(layout);
            auto entries = all_pending(layout, users);
            auto view = view_of_newest(layout);
            sqlite::Transaction transaction(view.catalogue.database());
            view.catalogue.keep_owners(users);
            if (!apply_all(view, layout, std::move(entries)))
                continue;
            transaction.commit();
            return view;
        }
        throw Error(ErrorKind::busy, "the store '{}' changes faster than it can be read",
                    layout.root().native());
    });
}

void add_private(Catalogue& catalogue, const Layout& layout) {
    sqlite::Transaction transaction(catalogue.database());
    for (const auto& image : private_images(layout)) {
        const auto key = ObjectKey::image(image.id, image.variant);
        if (const auto object = read_object(layout, key, Visibility::owner))
            catalogue.put(layout.owner(), key, object);
    }
    transaction.commit();
}

Catalogue catalogue_of_files(const Layout& layout) {
    Catalogue catalogue;
    sqlite::Transaction transaction(catalogue.database());
    for (const auto user : users_of(layout)) {
        const auto theirs = layout_of(layout, user);
        if_allowed([&] {
            for (const auto& key : object_keys(theirs))
                if_allowed([&] { catalogue.put(user, key, read_object(theirs, key)); });
        });
    }
    transaction.commit();
    return catalogue;
}

} // namespace aic::cache
