// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/content_hash.hpp"
#include "core/digest.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace aic::cache::sqlite {

/// Memory that SQLite can take over.
class Buffer {
public:
    explicit Buffer(std::size_t size_bytes);

    std::span<std::byte> bytes() { return {data_.get(), size_bytes_}; }

    std::span<const std::byte> bytes() const { return {data_.get(), size_bytes_}; }

    std::byte* release() { return data_.release(); }

private:
    struct Free {
        void operator()(std::byte* data) const noexcept;
    };

    std::unique_ptr<std::byte, Free> data_;
    std::size_t size_bytes_;
};

/// A database in memory. Not shared between threads. What SQLite reports is thrown as
/// Error(integrity) when the database is damaged, else as Error(system).
class Database {
public:
    /// An empty one.
    Database();
    /// From the bytes of a database file, which may be hostile: no trigger or view of theirs runs,
    /// no function is called from their schema, and their internals cannot be written.
    explicit Database(Buffer file);

    /// Runs statements that have no results and no parameters.
    void execute(const char* sql) const;

    /// Calls `visit` with the bytes of the database as a file.
    template <typename Visit>
    void with_bytes(Visit&& visit) const {
        const auto view = serialized();
        visit(view.bytes);
    }

    sqlite3* handle() const { return handle_.get(); }

private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };

    struct Free {
        void operator()(unsigned char* data) const noexcept;
    };

    /// The bytes, and the copy they are in where SQLite had to make one.
    struct Serialized {
        std::span<const std::byte> bytes;
        std::unique_ptr<unsigned char, Free> copy;
    };

    Serialized serialized() const;
    void harden() const;

    std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement.
class Statement {
public:
    Statement(const Database& database, std::string_view sql);

    /// Starts over with these values for ?1, ?2, …; they need to live until the next step() only.
    template <typename... Values>
    Statement& bind(const Values&... values) {
        reset();
        int index = 0;
        (bind_one(++index, values), ...);
        return *this;
    }

    /// The next row; false at the end.
    bool step();

    /// For a statement without rows.
    void run() {
        while (step()) {
        }
    }

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    std::optional<std::string> text_if_there(int column) const;

    /// Throws Error(integrity) when the column is no hash of that size.
    template <typename Hash>
    Hash hash(int column) const {
        auto bytes = Hash().bytes();
        read_blob(column, bytes);
        return Hash(bytes);
    }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    void reset();
    void bind_one(int index, std::int64_t value);
    void bind_one(int index, std::string_view value);
    void bind_blob(int index, std::span<const std::byte> value);

    void bind_one(int index, const ContentHash& value) { bind_blob(index, value.bytes()); }

    template <typename Tag>
    void bind_one(int index, const Sha256<Tag>& value) {
        bind_blob(index, value.bytes());
    }

    /// Unbound parameters are null.
    template <typename Value>
    void bind_one(int index, const std::optional<Value>& value) {
        if (value)
            bind_one(index, *value);
    }

    void read_blob(int column, std::span<std::byte> bytes) const;
    void check(int status) const;

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Changes that are undone unless committed.
class Transaction {
public:
    explicit Transaction(const Database& database) : database_(&database) {
        database.execute("BEGIN");
    }

    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    void commit() {
        database_->execute("COMMIT");
        database_ = nullptr;
    }

private:
    const Database* database_;
};

} // namespace aic::cache::sqlite
