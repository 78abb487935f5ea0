// SPDX-License-Identifier: Apache-2.0
#include "cache/sqlite.hpp"

#include "core/error.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <new>

namespace aic::cache::sqlite {

namespace {

/// Longer than any row of ours.
constexpr int k_longest_value_bytes = 16 << 20;

[[noreturn]] void throw_error(sqlite3* handle, int status) {
    const int primary = status & 0xff;
    const bool is_damaged =
        primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_CANTOPEN;
    throw Error(is_damaged ? ErrorKind::integrity : ErrorKind::system, "SQLite: {}",
                handle ? sqlite3_errmsg(handle) : sqlite3_errstr(status));
}

void require_ok(sqlite3* handle, int status) {
    if (status != SQLITE_OK)
        throw_error(handle, status);
}

sqlite3* open_in_memory() {
    sqlite3* handle = nullptr;
    const int status =
        sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (status != SQLITE_OK) {
        sqlite3_close(handle);
        throw_error(nullptr, status);
    }
    return handle;
}

} // namespace

Buffer::Buffer(std::size_t size_bytes)
    // One byte more, for there is no allocation of nothing.
    : data_(static_cast<std::byte*>(sqlite3_malloc64(size_bytes + 1)))
    , size_bytes_(size_bytes) {
    if (!data_)
        throw std::bad_alloc();
}

void Buffer::Free::operator()(std::byte* data) const noexcept {
    sqlite3_free(data);
}

void Database::Close::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

void Database::Free::operator()(unsigned char* data) const noexcept {
    sqlite3_free(data);
}

Database::Database() : Database(Buffer(0)) {}

Database::Database(Buffer file) : handle_(open_in_memory()) {
    const auto size_bytes = static_cast<sqlite3_int64>(file.bytes().size());
    // Freed by SQLite even where this fails.
    require_ok(handle(),
               sqlite3_deserialize(
                   handle(), "main", reinterpret_cast<unsigned char*>(file.release()), size_bytes,
                   size_bytes, SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE));
    harden();
}

void Database::harden() const {
    const auto set = [&](int option, int value) {
        require_ok(handle(), sqlite3_db_config(handle(), option, value, nullptr));
    };
    set(SQLITE_DBCONFIG_DEFENSIVE, 1);
    set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    set(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
    set(SQLITE_DBCONFIG_ENABLE_VIEW, 0);
    set(SQLITE_DBCONFIG_DQS_DDL, 0);
    set(SQLITE_DBCONFIG_DQS_DML, 0);
    sqlite3_limit(handle(), SQLITE_LIMIT_LENGTH, k_longest_value_bytes);
    sqlite3_limit(handle(), SQLITE_LIMIT_ATTACHED, 0);
    execute("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;");
}

void Database::execute(const char* sql) const {
    require_ok(handle(), sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr));
}

Database::Serialized Database::serialized() const {
    sqlite3_int64 size_bytes = 0;
    Serialized result;
    auto* data = sqlite3_serialize(handle(), "main", &size_bytes, SQLITE_SERIALIZE_NOCOPY);
    if (!data) {
        result.copy.reset(sqlite3_serialize(handle(), "main", &size_bytes, 0));
        data = result.copy.get();
    }
    if (!data)
        throw std::bad_alloc();
    result.bytes = std::as_bytes(std::span(data, static_cast<std::size_t>(size_bytes)));
    return result;
}

Statement::Statement(const Database& database, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    require_ok(database.handle(),
               sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                  &statement, nullptr));
    statement_.reset(statement);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

void Statement::check(int status) const {
    require_ok(sqlite3_db_handle(statement_.get()), status);
}

void Statement::reset() {
    sqlite3_reset(statement_.get()); // says again what the last step said
    sqlite3_clear_bindings(statement_.get());
}

void Statement::bind_one(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), index, value));
}

void Statement::bind_one(int index, std::string_view value) {
    // An empty view may point nowhere, which SQLite takes for null.
    const char* text = value.empty() ? "" : value.data();
    check(sqlite3_bind_text64(statement_.get(), index, text, value.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
}

void Statement::bind_blob(int index, std::span<const std::byte> value) {
    check(sqlite3_bind_blob(statement_.get(), index, value.data(), static_cast<int>(value.size()),
                            SQLITE_TRANSIENT));
}

bool Statement::step() {
    const int status = sqlite3_step(statement_.get());
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        throw_error(sqlite3_db_handle(statement_.get()), status);
    return status == SQLITE_ROW;
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* text = sqlite3_column_text(statement_.get(), column);
    const auto length = sqlite3_column_bytes(statement_.get(), column);
    return text ? std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length))
                : std::string();
}

std::optional<std::string> Statement::text_if_there(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

void Statement::read_blob(int column, std::span<std::byte> bytes) const {
    const auto* blob = sqlite3_column_blob(statement_.get(), column);
    if (!blob || sqlite3_column_bytes(statement_.get(), column) != static_cast<int>(bytes.size()))
        throw Error(ErrorKind::integrity, "a row of the catalogue has no hash where one belongs");
    std::copy_n(static_cast<const std::byte*>(blob), bytes.size(), bytes.begin());
}

Transaction::~Transaction() {
    if (database_) // SQLite may have rolled back by itself, and says so: nothing is lost
        sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

} // namespace aic::cache::sqlite
