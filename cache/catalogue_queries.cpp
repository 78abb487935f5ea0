// SPDX-License-Identifier: Apache-2.0
#include "cache/catalogue.hpp"
#include "core/error.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace aic::cache {

using sqlite::Statement;

namespace {

std::uint64_t size_at(const Statement& statement, int column) {
    const auto value = statement.integer(column);
    if (value < 0)
        throw Error(ErrorKind::integrity, "a row of the catalogue has a negative size");
    return static_cast<std::uint64_t>(value);
}

std::uint32_t small_at(const Statement& statement, int column) {
    const auto value = statement.integer(column);
    if (!std::in_range<std::uint32_t>(value))
        throw Error(ErrorKind::integrity, "a row of the catalogue has a number out of its range");
    return static_cast<std::uint32_t>(value);
}

ImageRow image_at(const Statement& statement) {
    return {.owner_uid = statement.integer(1),
            .id = statement.hash<ImageId>(2),
            .variant = statement.text(3),
            .reference = statement.text(4),
            .platform = statement.text(5),
            .file_name = statement.text(6),
            .size_bytes = size_at(statement, 7),
            .compression = statement.text(8),
            .block_bytes = small_at(statement, 9),
            .profile = statement.text(10),
            .created_seconds = statement.integer(11),
            .made_by = statement.text(12)};
}

/// A word without wildcards finds it anywhere in a name.
bool matches(const ImageRow& image, const std::string& pattern) {
    if (pattern.empty())
        return true;
    const bool is_glob = pattern.find_first_of("*?[") != std::string::npos;
    const auto fits = [&](const std::string& text) {
        return is_glob ? ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0
                       : text.find(pattern) != std::string::npos;
    };
    const auto id = image.id.hex();
    return std::ranges::any_of(image.names, fits) || std::ranges::any_of(image.references, fits)
           || (image.references.empty() && fits(image.reference))
           || (is_glob ? fits(id) || fits(image.id.str()) : id.starts_with(pattern));
}

std::string object_name(std::int64_t owner, std::string_view kind, std::string_view text) {
    return fmt::format("u/{} {} {}", owner, kind, text);
}

/// One row a call: what it is of in the first column, then all columns as SQL literals.
void dump_rows(const sqlite::Database& database, std::string_view kind, const char* sql,
               Catalogue::Dump& dump) {
    Statement statement(database, sql);
    while (statement.step())
        dump[object_name(statement.integer(0), kind, statement.text(1))] +=
            statement.text(2) + '\n';
}

} // namespace

std::vector<ImageRow> Catalogue::images(const ImageFilter& filter) const {
    // ?1 is null for all owners.
    std::optional<std::int64_t> owner;
    if (filter.owner)
        owner = *filter.owner;
    Statement all(database_, "SELECT * FROM images WHERE ?1 IS NULL OR owner_uid = ?1 "
                             "ORDER BY created DESC, id, variant, owner_uid");
    std::vector<ImageRow> images;
    std::unordered_map<std::int64_t, std::size_t> index_of;
    for (all.bind(owner); all.step();) {
        index_of.emplace(all.integer(0), images.size());
        images.push_back(image_at(all));
    }
    // Statements that give (image's rowid, text); each text is added to what leads to the image.
    const auto add = [&](const char* sql, const auto& to) {
        Statement statement(database_, sql);
        while (statement.step())
            if (const auto found = index_of.find(statement.integer(0)); found != index_of.end())
                to(images[found->second], statement.text(1));
    };
    add("SELECT i.rowid, r.reference FROM refs r JOIN images i USING (id, owner_uid) "
        "ORDER BY r.owner_uid, r.file",
        [](ImageRow& image, std::string text) { image.references.push_back(std::move(text)); });
    add("SELECT i.rowid, n.name FROM names n JOIN images i USING (id, variant, owner_uid) "
        "ORDER BY n.owner_uid, n.name",
        [](ImageRow& image, std::string text) { image.names.push_back(std::move(text)); });
    add("SELECT i.rowid, '' FROM pins p JOIN images i USING (id, variant, owner_uid)",
        [](ImageRow& image, const std::string&) { image.is_pinned = true; });
    std::erase_if(images, [&](const ImageRow& image) { return !matches(image, filter.pattern); });
    return images;
}

std::vector<SegmentHolder> Catalogue::holders_of(const SegmentKey& segment) const {
    Statement statement(
        database_,
        "SELECT i.owner_uid, i.id, i.variant, i.file_name, s.position, s.offset, s.length, "
        "s.xxh128, s.producer_uid FROM segments s JOIN images i ON i.rowid = s.image "
        "WHERE s.diff_id = ?1 AND s.format = ?4 AND i.compression = ?2 AND i.block_bytes = ?3 "
        "ORDER BY i.owner_uid, i.id, i.variant, s.position");
    statement.bind(segment.diff_id, segment.compression, segment.block_bytes, segment.format);
    std::vector<SegmentHolder> holders;
    while (statement.step())
        holders.push_back({.owner_uid = statement.integer(0),
                           .id = statement.hash<ImageId>(1),
                           .variant = statement.text(2),
                           .file_name = statement.text(3),
                           .position = small_at(statement, 4),
                           .offset = size_at(statement, 5),
                           .length_bytes = size_at(statement, 6),
                           .hash = statement.hash<ContentHash>(7),
                           .producer_uid = statement.integer(8)});
    return holders;
}

std::vector<OwnerStatistics> Catalogue::statistics() const {
    // total() does not overflow where a sum() of hostile rows would.
    Statement images(database_,
                     "SELECT owner_uid, count(*), CAST(total(size_bytes) AS INTEGER) FROM images "
                     "GROUP BY owner_uid ORDER BY owner_uid");
    std::vector<OwnerStatistics> statistics;
    while (images.step())
        statistics.push_back({.owner_uid = images.integer(0),
                              .images = size_at(images, 1),
                              .size_bytes = size_at(images, 2)});
    Statement segments(
        database_,
        "SELECT CAST(total(bytes) AS INTEGER), CAST(total(length) AS INTEGER) FROM "
        "(SELECT total(s.length) AS bytes, s.length AS length FROM images i "
        "JOIN segments s ON s.image = i.rowid WHERE i.owner_uid = ? GROUP BY s.xxh128, s.length)");
    for (auto& owner : statistics) {
        segments.bind(owner.owner_uid).step();
        owner.segment_bytes = size_at(segments, 0);
        owner.unique_segment_bytes = size_at(segments, 1);
    }
    return statistics;
}

std::vector<NameRow> Catalogue::names(std::optional<uid_t> owner) const {
    std::optional<std::int64_t> uid;
    if (owner)
        uid = *owner;
    Statement statement(database_, "SELECT owner_uid, name, id, variant, directory, changed "
                                   "FROM names WHERE ?1 IS NULL OR owner_uid = ?1 "
                                   "ORDER BY owner_uid, name");
    std::vector<NameRow> names;
    for (statement.bind(uid); statement.step();)
        names.push_back({.owner_uid = statement.integer(0),
                         .name = statement.text(1),
                         .id = statement.hash<ImageId>(2),
                         .variant = statement.text(3),
                         .directory = statement.text_if_there(4),
                         .changed_seconds = statement.integer(5)});
    return names;
}

Catalogue::Dump Catalogue::dump() const {
    Dump dump;
    dump_rows(database_, name_of(ObjectKind::image),
              "SELECT owner_uid, lower(hex(id)) || '.' || variant, quote(reference) || ' ' || "
              "quote(platform) || ' ' || quote(file_name) || ' ' || size_bytes || ' ' || "
              "quote(compression) || ' ' || block_bytes || ' ' || quote(profile) || ' ' || "
              "created || ' ' || quote(made_by) FROM images",
              dump);
    dump_rows(database_, name_of(ObjectKind::image),
              "SELECT owner_uid, lower(hex(id)) || '.' || variant, position || ' ' || "
              "quote(diff_id) || ' ' || offset || ' ' || length || ' ' || quote(xxh128) || ' ' || "
              "format || ' ' || producer_uid FROM segments JOIN images ON rowid = image "
              "ORDER BY image, position",
              dump);
    dump_rows(database_, name_of(ObjectKind::reference),
              "SELECT owner_uid, file, quote(reference) || ' ' || quote(platform) || ' ' || "
              "quote(points_at) || ' ' || quote(id) || ' ' || resolved FROM refs",
              dump);
    dump_rows(database_, name_of(ObjectKind::name),
              "SELECT owner_uid, name, quote(id) || ' ' || quote(variant) || ' ' || "
              "quote(directory) || ' ' || changed FROM names",
              dump);
    dump_rows(database_, name_of(ObjectKind::pin),
              "SELECT owner_uid, lower(hex(id)) || '.' || variant, quote(note) || ' ' || created "
              "FROM pins",
              dump);
    return dump;
}

} // namespace aic::cache
