// SPDX-License-Identifier: Apache-2.0
#include "cache/catalogue.hpp"

#include "cache/schema.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace aic::cache {

using sqlite::Statement;
using sqlite::Transaction;

namespace {

// In the header of every SQLite file, big-endian; the schema sets two of them.
constexpr std::size_t k_header_bytes = 100;
constexpr std::size_t k_page_size_at = 16;
constexpr std::size_t k_page_count_at = 28;
constexpr std::size_t k_user_version_at = 60;
constexpr std::size_t k_application_id_at = 68;

constexpr std::uint32_t k_application_id = 0x61696363; // never renumber
constexpr std::uint32_t k_catalogue_version = 2;

constexpr int k_ancestors = 64; // more than processes that publish at once

std::uint32_t big_endian(std::span<const std::byte> bytes) {
    std::uint32_t value = 0;
    for (const auto byte : bytes)
        value = value << 8 | std::to_integer<std::uint32_t>(byte);
    return value;
}

sqlite::Buffer require_catalogue(sqlite::Buffer file) {
    const auto bytes = std::as_const(file).bytes();
    if (bytes.size() < k_header_bytes
        || !as_text(bytes).starts_with(std::string_view("SQLite format 3\0", 16))
        || big_endian(bytes.subspan(k_application_id_at, 4)) != k_application_id)
        throw Error(ErrorKind::integrity, "this is no catalogue");
    const auto version = big_endian(bytes.subspan(k_user_version_at, 4));
    if (version > k_catalogue_version)
        throw Error(ErrorKind::usage, "the catalogue has version {}, which needs a newer aic-image",
                    version);
    const std::uint64_t page_bytes = big_endian(bytes.subspan(k_page_size_at, 2));
    const std::uint64_t pages = big_endian(bytes.subspan(k_page_count_at, 4));
    if (version != k_catalogue_version || pages * page_bytes != bytes.size())
        throw Error(ErrorKind::integrity, "the catalogue's header does not describe it");
    return file;
}

std::vector<std::string> schema_of(const sqlite::Database& database) {
    Statement statement(database, "SELECT type, name, tbl_name, sql FROM sqlite_schema "
                                  "ORDER BY name, type");
    std::vector<std::string> schema;
    while (statement.step())
        for (int column = 0; column < 4; ++column)
            schema.push_back(statement.text(column));
    return schema;
}

/// Sizes, which read_object() has found to be those of files.
std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

/// "linux-amd64" of "<reference>@linux-amd64.json".
std::string platform_of(const std::string& file_name) {
    const auto begin = file_name.rfind('@') + 1;
    return file_name.substr(begin, file_name.rfind(".json") - begin);
}

void insert_reference(const sqlite::Database& database, uid_t owner, const ObjectKey& key,
                      const ReferenceRecord& reference) {
    Statement(database, "INSERT INTO refs VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(owner, key.text(), reference.reference, platform_of(key.text()), reference.points_at,
              reference.id, reference.resolved_seconds)
        .run();
}

void insert_name(const sqlite::Database& database, uid_t owner, const ObjectKey& key,
                 const NameSummary& name) {
    Statement(database, "INSERT INTO names VALUES (?, ?, ?, ?, ?, ?)")
        .bind(owner, key.text(), name.id, name.variant, name.directory, name.changed_seconds)
        .run();
}

void insert_pin(const sqlite::Database& database, uid_t owner, const ObjectKey& key,
                const PinSummary& pin) {
    const auto [id, variant] = key.id_and_variant();
    Statement(database, "INSERT INTO pins VALUES (?, ?, ?, ?, ?)")
        .bind(owner, id, variant, pin.note, pin.pinned_seconds)
        .run();
}

} // namespace

Catalogue::Catalogue() {
    database_.execute(k_schema_sql);
}

Catalogue::Catalogue(sqlite::Buffer file) : database_(require_catalogue(std::move(file))) {
    // Whatever else is in there, such as a trigger, is not ours.
    static const auto expected = schema_of(Catalogue().database_);
    if (schema_of(database_) != expected)
        throw Error(ErrorKind::integrity, "the catalogue has tables of another making");
}

void Catalogue::put(uid_t owner, const ObjectKey& key, const std::optional<Object>& object) {
    erase(owner, key);
    if (!object)
        return;
    if (const auto* image = std::get_if<Record>(&*object))
        put_image(owner, *image);
    else if (const auto* reference = std::get_if<ReferenceRecord>(&*object))
        insert_reference(database_, owner, key, *reference);
    else if (const auto* name = std::get_if<NameSummary>(&*object))
        insert_name(database_, owner, key, *name);
    else
        insert_pin(database_, owner, key, std::get<PinSummary>(*object));
}

void Catalogue::put_image(uid_t owner, const Record& record) {
    Statement image(database_, "INSERT INTO images VALUES "
                               "(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING rowid");
    image.bind(owner, record.id, record.variant, record.reference, record.platform.str(),
               record.file_name, number(record.size_bytes), record.compression, record.block_bytes,
               record.profile, record.created_seconds, record.made_by);
    image.step();
    const auto rowid = image.integer(0);
    image.step();

    Statement insert(database_, "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    std::int64_t position = 0;
    for (const auto& segment : record.segments)
        insert
            .bind(rowid, position++, segment.diff_id, number(segment.offset),
                  number(segment.length_bytes), segment.hash, segment.format, segment.producer_uid)
            .run();
}

void Catalogue::erase(uid_t owner, const ObjectKey& key) {
    switch (key.kind()) {
    case ObjectKind::reference:
        return Statement(database_, "DELETE FROM refs WHERE owner_uid = ? AND file = ?")
            .bind(owner, key.text())
            .run();
    case ObjectKind::name:
        return Statement(database_, "DELETE FROM names WHERE owner_uid = ? AND name = ?")
            .bind(owner, key.text())
            .run();
    case ObjectKind::image:
    case ObjectKind::pin:
        break;
    }
    const auto [id, variant] = key.id_and_variant();
    if (key.kind() == ObjectKind::pin)
        return Statement(database_,
                         "DELETE FROM pins WHERE owner_uid = ? AND id = ? AND variant = ?")
            .bind(owner, id, variant)
            .run();
    Statement find(database_,
                   "SELECT rowid FROM images WHERE owner_uid = ? AND id = ? AND variant = ?");
    if (!find.bind(owner, id, variant).step())
        return;
    const auto rowid = find.integer(0);
    find.step();
    Statement(database_, "DELETE FROM segments WHERE image = ?").bind(rowid).run();
    Statement(database_, "DELETE FROM images WHERE rowid = ?").bind(rowid).run();
}

void Catalogue::keep_owners(const std::vector<uid_t>& owners) {
    std::vector<std::int64_t> others;
    Statement all(database_, "SELECT owner_uid FROM images UNION SELECT owner_uid FROM refs "
                             "UNION SELECT owner_uid FROM names UNION SELECT owner_uid FROM pins");
    while (all.step())
        if (std::ranges::find(owners, all.integer(0), [](uid_t uid) { return std::int64_t{uid}; })
            == owners.end())
            others.push_back(all.integer(0));
    for (const auto owner : others)
        for (const char* sql :
             {"DELETE FROM segments WHERE image IN (SELECT rowid FROM images WHERE owner_uid = ?)",
              "DELETE FROM images WHERE owner_uid = ?", "DELETE FROM refs WHERE owner_uid = ?",
              "DELETE FROM names WHERE owner_uid = ?", "DELETE FROM pins WHERE owner_uid = ?"})
            Statement(database_, sql).bind(owner).run();
}

bool Catalogue::is_folded(uid_t owner, std::string_view entry) const {
    return Statement(database_, "SELECT 1 FROM folded WHERE owner_uid = ? AND entry = ?")
        .bind(owner, entry)
        .step();
}

void Catalogue::set_folded(uid_t owner, std::string_view entry) {
    Statement(database_, "INSERT OR REPLACE INTO folded VALUES (?, ?)").bind(owner, entry).run();
}

void Catalogue::clear_folded() {
    database_.execute("DELETE FROM folded");
}

std::vector<Ancestor> Catalogue::ancestry() const {
    Statement statement(database_, "SELECT number, nonce, folded FROM ancestry ORDER BY number");
    std::vector<Ancestor> ancestors;
    while (statement.step())
        ancestors.push_back({.number = static_cast<std::uint64_t>(statement.integer(0)),
                             .nonce = statement.text(1),
                             .folded_seconds = statement.integer(2)});
    return ancestors;
}

void Catalogue::add_ancestor(const Ancestor& ancestor) {
    const auto at = number(ancestor.number);
    Statement(database_, "INSERT OR REPLACE INTO ancestry VALUES (?, ?, ?)")
        .bind(at, ancestor.nonce, ancestor.folded_seconds)
        .run();
    Statement(database_, "DELETE FROM ancestry WHERE number <= ? OR number > ?")
        .bind(at - k_ancestors, at)
        .run();
}

void Catalogue::check() const {
    Statement statement(database_, "PRAGMA quick_check(1)");
    if (!statement.step() || statement.text(0) != "ok")
        throw Error(ErrorKind::integrity, "the catalogue is damaged: {}", statement.text(0));
}

} // namespace aic::cache
