// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/name_state.hpp"
#include "cache/names.hpp"
#include "cache/store.hpp"
#include "cache/trust.hpp"
#include "core/config.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cache {

/// A name, and whose it is.
struct OwnedName {
    uid_t owner;
    NameState state;
};

/// Where images are looked for: what the caller has in the store that is written to, then what
/// users have there whom he trusts, then the same in the further stores, in their order. Of the
/// images of others only those count all of whose segments were made by users he trusts.
class Library {
public:
    /// As the settings say.
    explicit Library(const Config& config);
    /// Only what the caller has in one store.
    explicit Library(Store own);
    /// Stores that are not there, or cannot be read, are left out; the first is there in any case.
    Library(Store own, const std::vector<std::filesystem::path>& further_roots, Trust trust);

    const Store& own() const { return shelves_.front().store; }

    /// From now on also what users have in the store that is written to who were new to it after
    /// the library was made.
    void look_for_users();

    /// The caller's own come first.
    std::optional<StoredImage> find(const ImageId& id, std::string_view variant) const;
    /// What this user has of it in this store; nothing unless that counts.
    std::optional<StoredImage> find_in(const Layout& users, const ImageId& id,
                                       std::string_view variant) const;
    /// Each variant once.
    std::vector<StoredImage> find_all(const ImageId& id) const;
    /// In the order of the shelves.
    std::vector<ReferenceRecord> find_references(std::string_view reference,
                                                 const oci::Platform& platform) const;
    std::vector<ReferenceRecord> references() const;
    std::vector<ImageId> ids_with_prefix(std::string_view hex) const;
    std::vector<StoredImage> list() const;

    /// The names of the caller and of users he trusts, in the order of the shelves.
    std::vector<OwnedName> names() const;
    /// All that this name of this user stood for, in the first store where he has it; empty when
    /// in none.
    NameHistory history(uid_t user, const ImageName& name) const;

    /// The caller's part of the store that this image of the library is in.
    Store callers_store_of(const StoredImage& image) const;
    /// Remembers that the caller was given its path, in the store where it is. That this store can
    /// not be written is no failure.
    void note_use(const StoredImage& image) const noexcept;

    /// The stores, in their order.
    const std::vector<std::filesystem::path>& roots() const { return roots_; }

    /// What this user calls so: his own image of that name, in the first store where he has one.
    /// Who names a user means him, whether he is trusted or not; others who made segments of the
    /// image have to be.
    std::optional<StoredImage> find_named(uid_t user, const ImageName& name) const;
    /// Whether this user has such a name in any of the stores, and there an image of his own that
    /// it stands for, whoever may read that.
    bool has_name(uid_t user, const ImageName& name) const;

    /// Users who have this image in the store that is written to, but are not trusted with it:
    /// those who have it, or who made segments of it.
    std::vector<uid_t> distrusted_owners(const ImageId& id, std::string_view variant) const;

    /// What goes for the store that is written to.
    const Trust& trust() const { return shelves_.front().trust; }

private:
    struct Shelf {
        Store store;
        Trust trust;
    };

    void add_store(const std::filesystem::path& root);
    bool counts(const Shelf& shelf, const StoredImage& image) const;

    Trust trust_;
    std::vector<Shelf> shelves_;
    std::vector<std::filesystem::path> roots_;
};

} // namespace aic::cache
