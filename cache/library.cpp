// SPDX-License-Identifier: Apache-2.0
#include "cache/library.hpp"

#include "cache/names.hpp"
#include "cache/subtree.hpp"
#include "cache/uses.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

std::vector<uid_t> makers_of(const Record& record) {
    std::vector<uid_t> makers = {static_cast<uid_t>(record.owner_uid),
                                 static_cast<uid_t>(record.header.producer_uid),
                                 static_cast<uid_t>(record.tables.producer_uid)};
    for (const auto& segment : record.segments)
        makers.push_back(static_cast<uid_t>(segment.producer_uid));
    return makers;
}

ImageKey key_of(const StoredImage& image) {
    return {image.record.id, image.record.variant};
}

/// What `look` finds in a store; nothing, with a warning, where another user's part of it is
/// damaged, who has to mend it.
template <typename Look>
auto looked_up(const Store& store, const Look& look) -> decltype(look(store)) {
    try {
        return look(store);
    } catch (const Error& error) {
        if (store.is_callers() || error.kind() != ErrorKind::integrity)
            throw;
        warn("left out: {}", error.message());
        return {};
    }
}

std::optional<StoredImage> found_in(const Store& store, const ImageId& id,
                                    std::string_view variant) {
    return looked_up(store, [&](const Store& in) { return in.find(id, variant); });
}

} // namespace

Library::Library(const Config& config)
    : Library(Store(config.store.value), config.further_stores.value,
              Trust(::geteuid(), config.publishers.value)) {}

Library::Library(Store own) : trust_(own.layout().owner()) {
    roots_.push_back(own.layout().root());
    shelves_.push_back({std::move(own), trust_});
}

Library::Library(Store own, const std::vector<fs::path>& further_roots, Trust trust)
    : trust_(std::move(trust)) {
    const auto root = own.layout().root();
    shelves_.push_back({std::move(own), trust_});
    add_store(root);
    for (const auto& further : further_roots)
        if (std::ranges::find(roots_, further) == roots_.end())
            add_store(further);
}

void Library::add_store(const fs::path& root) {
    roots_.push_back(root);
    try {
        const Store callers(root);
        const auto trust = trust_.within(root, callers.description());
        const bool is_first = roots_.size() == 1;
        if (is_first)
            shelves_.front().trust = trust;
        else
            shelves_.push_back({callers, trust});
        for (const auto user : users_of(callers.layout()))
            if (user != callers.layout().owner() && trust.allows(user))
                shelves_.push_back({callers.of(user), trust});
    } catch (const Error& error) {
        if (roots_.size() == 1 && error.kind() != ErrorKind::denied)
            throw;
        warn("the store '{}' is left out: {}", root.native(), error.message());
    }
}

void Library::look_for_users() {
    const auto callers = own();
    const auto is_of_it = [&](const Shelf& shelf) {
        return shelf.store.layout().root() == callers.layout().root();
    };
    for (const auto user : users_of(callers.layout())) {
        const bool is_known = std::ranges::any_of(shelves_, [&](const Shelf& shelf) {
            return is_of_it(shelf) && shelf.store.layout().owner() == user;
        });
        if (!is_known && trust().allows(user))
            shelves_.insert(std::ranges::find_if_not(shelves_, is_of_it),
                            Shelf{callers.of(user), trust()});
    }
}

bool Library::counts(const Shelf& shelf, const StoredImage& image) const {
    return shelf.store.is_callers() || shelf.trust.allows_all(makers_of(image.record));
}

std::optional<StoredImage> Library::find(const ImageId& id, std::string_view variant) const {
    for (const auto& shelf : shelves_)
        if (auto image = found_in(shelf.store, id, variant); image && counts(shelf, *image))
            return image;
    return std::nullopt;
}

std::optional<StoredImage> Library::find_in(const Layout& users, const ImageId& id,
                                            std::string_view variant) const {
    for (const auto& shelf : shelves_) {
        const auto& layout = shelf.store.layout();
        if (layout.root() != users.root() || layout.owner() != users.owner())
            continue;
        auto image = found_in(shelf.store, id, variant);
        return image && counts(shelf, *image) ? std::move(image) : std::nullopt;
    }
    return std::nullopt;
}

std::vector<StoredImage> Library::find_all(const ImageId& id) const {
    std::vector<StoredImage> all;
    std::set<ImageKey> seen;
    for (const auto& shelf : shelves_)
        for (auto& image : looked_up(shelf.store, [&](const Store& in) { return in.find_all(id); }))
            if (counts(shelf, image) && seen.insert(key_of(image)).second)
                all.push_back(std::move(image));
    return all;
}

std::vector<ReferenceRecord> Library::find_references(std::string_view reference,
                                                      const oci::Platform& platform) const {
    std::vector<ReferenceRecord> found;
    for (const auto& shelf : shelves_)
        if (auto record = looked_up(shelf.store, [&](const Store& in) {
                return in.find_reference(reference, platform);
            }))
            found.push_back(std::move(*record));
    return found;
}

std::vector<ReferenceRecord> Library::references() const {
    std::vector<ReferenceRecord> all;
    for (const auto& shelf : shelves_)
        for (auto& record : shelf.store.references())
            all.push_back(std::move(record));
    return all;
}

std::vector<ImageId> Library::ids_with_prefix(std::string_view hex) const {
    std::set<ImageId> ids;
    for (const auto& shelf : shelves_)
        for (auto& id : shelf.store.ids_with_prefix(hex))
            ids.insert(id);
    return {ids.begin(), ids.end()};
}

std::vector<StoredImage> Library::list() const {
    std::vector<StoredImage> all;
    for (const auto& shelf : shelves_)
        for (auto& image : shelf.store.list())
            if (counts(shelf, image))
                all.push_back(std::move(image));
    return all;
}

std::vector<OwnedName> Library::names() const {
    std::vector<OwnedName> all;
    for (const auto& shelf : shelves_) {
        const auto& layout = shelf.store.layout();
        if (shelf.store.is_callers() || belongs_to_its_user(layout))
            for (auto& state : Names(layout).all())
                all.push_back({layout.owner(), std::move(state)});
    }
    return all;
}

NameHistory Library::history(uid_t user, const ImageName& name) const {
    for (const auto& root : roots_) {
        const Layout layout(root, user);
        if (user != own().layout().owner() && !belongs_to_its_user(layout))
            continue;
        auto states = Names(layout).history(name);
        if (!states.empty())
            return states;
    }
    return {};
}

Store Library::callers_store_of(const StoredImage& image) const {
    const auto holds = [&](const fs::path& root) {
        return std::ranges::mismatch(root, image.directory).in1 == root.end();
    };
    // Read once, and not for each image of a list.
    const auto shelf = std::ranges::find_if(shelves_, [&](const Shelf& one) {
        return one.store.is_callers() && holds(one.store.layout().root());
    });
    if (shelf != shelves_.end())
        return shelf->store;
    const auto root = std::ranges::find_if(roots_, holds);
    return root == roots_.end() ? own() : Store(*root);
}

void Library::note_use(const StoredImage& image) const noexcept {
    try {
        auto store = callers_store_of(image);
        if (!fs::exists(store.layout().subtree()))
            store.prepare();
        cache::note_use(store.layout(), image.record.id, image.record.variant);
    } catch (const std::exception& error) {
        debug("noting a use: {}", error.what());
    }
}

std::optional<StoredImage> Library::find_named(uid_t user, const ImageName& name) const {
    for (const auto& root : roots_) {
        const auto store = Store(root).of(user);
        const auto state =
            belongs_to_its_user(store.layout()) ? Names(store.layout()).find(name) : std::nullopt;
        if (!state)
            continue;
        auto image = store.find(state->id, state->variant);
        if (!image)
            image = find(state->id, state->variant); // he has it from somebody else
        if (image && trust().with(user).allows_all(makers_of(image->record)))
            return image;
    }
    return std::nullopt;
}

bool Library::has_name(uid_t user, const ImageName& name) const {
    return std::ranges::any_of(roots_, [&](const fs::path& root) {
        const auto layout = Store(root).of(user).layout();
        const auto state = belongs_to_its_user(layout) ? Names(layout).find(name) : std::nullopt;
        std::error_code unknown;
        return state && fs::exists(layout.variant(state->id, state->variant), unknown);
    });
}

std::vector<uid_t> Library::distrusted_owners(const ImageId& id, std::string_view variant) const {
    std::vector<uid_t> owners;
    const auto& own_shelf = shelves_.front();
    for (const auto user : users_of(own().layout())) {
        const auto store = own().of(user);
        const auto image = store.is_callers() ? std::nullopt : found_in(store, id, variant);
        if (image && !own_shelf.trust.allows_all(makers_of(image->record)))
            owners.push_back(user);
    }
    return owners;
}

} // namespace aic::cache
