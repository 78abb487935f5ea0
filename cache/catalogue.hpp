// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/objects.hpp"
#include "cache/sqlite.hpp"
#include "core/content_hash.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cache {

struct ImageFilter {
    /// A glob over names, references and id digits, or a word in one of them; empty is all.
    std::string pattern;
    std::optional<uid_t> owner;
};

/// One image as lists show it.
struct ImageRow {
    std::int64_t owner_uid = 0;
    ImageId id;
    std::string variant;
    std::string reference; ///< as it was pulled
    std::string platform;  ///< "linux/amd64"
    std::string file_name;
    std::uint64_t size_bytes = 0;
    std::string compression;
    std::uint32_t block_bytes = 0;
    std::string profile;
    std::int64_t created_seconds = 0; ///< Unix time
    std::string made_by;
    std::vector<std::string> names;      ///< its owner's, that mean this variant
    std::vector<std::string> references; ///< its owner's, that lead to this id
    bool is_pinned = false;
};

/// A segment's bytes depend on this alone.
struct SegmentKey {
    DiffId diff_id;
    std::string compression; ///< "zstd1"
    std::uint32_t block_bytes = 0;
    std::uint32_t format = 0; ///< version of the segment format
};

/// Where a segment is. A hint: whoever takes it reads that image's record first.
struct SegmentHolder {
    std::int64_t owner_uid = 0;
    ImageId id;
    std::string variant;
    std::string file_name;
    std::uint32_t position = 0; ///< among the image's segments
    std::uint64_t offset = 0;
    std::uint64_t length_bytes = 0;
    ContentHash hash;
    std::int64_t producer_uid = 0;
};

struct OwnerStatistics {
    std::int64_t owner_uid = 0;
    std::uint64_t images = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t unique_segment_bytes = 0; ///< equal ones once: the rest can be shared
};

struct NameRow {
    std::int64_t owner_uid = 0;
    std::string name;
    ImageId id;
    std::string variant;
    std::optional<std::string> directory;
    std::int64_t changed_seconds = 0; ///< Unix time
};

/// How a generation came to be.
struct Ancestor {
    std::uint64_t number = 0;
    std::string nonce;
    std::int64_t folded_seconds = 0; ///< Unix time of its file system
};

/// The SQLite index over a store's files, in memory (docs/formats/catalogue.md). All SQL is here.
/// One thread at a time.
class Catalogue {
public:
    /// Object to all that its row says, in canonical words.
    using Dump = std::map<std::string, std::string>;

    /// An empty one.
    Catalogue();
    /// From a database file of anybody's making. Throws Error(integrity) when it is no catalogue,
    /// and Error(usage) when it is one of a newer aic-image.
    explicit Catalogue(sqlite::Buffer file);

    /// Newest first.
    std::vector<ImageRow> images(const ImageFilter& filter = {}) const;
    std::vector<SegmentHolder> holders_of(const SegmentKey& segment) const;
    std::vector<OwnerStatistics> statistics() const;
    /// Of one owner, or of all; by owner and name.
    std::vector<NameRow> names(std::optional<uid_t> owner = std::nullopt) const;
    /// Equal for equal contents, however they came in.
    Dump dump() const;

    /// Makes the object's row say this; nothing is that there is no such object.
    void put(uid_t owner, const ObjectKey& key, const std::optional<Object>& object);
    /// Forgets the rows of all other owners.
    void keep_owners(const std::vector<uid_t>& owners);

    /// Whether this pending entry is in here already.
    bool is_folded(uid_t owner, std::string_view entry) const;
    void set_folded(uid_t owner, std::string_view entry);
    /// Forgets the entries of before.
    void clear_folded();

    /// The latest last; empty before the first publication.
    std::vector<Ancestor> ancestry() const;
    /// Keeps the latest few.
    void add_ancestor(const Ancestor& ancestor);

    /// Throws Error(integrity) unless SQLite finds its structures in order.
    void check() const;

    const sqlite::Database& database() const { return database_; }

private:
    void put_image(uid_t owner, const Record& record);
    void erase(uid_t owner, const ObjectKey& key);

    sqlite::Database database_;
};

} // namespace aic::cache
