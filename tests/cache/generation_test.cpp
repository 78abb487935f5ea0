// SPDX-License-Identifier: Apache-2.0
#include "cache/generation.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sample_record.hpp"
#include "tests/support/temp_dir.hpp"

#include <sqlite3.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::cache {

class GenerationTest : public ::testing::Test {
protected:
    void SetUp() override { fs::create_directory(layout.catalogue()); }

    fs::path path(int number) const { return layout.catalogue() / fmt::format("{:08}.db", number); }

    /// A catalogue of one image.
    static Catalogue catalogue_of(const char* name) {
        const auto record = testing::sample_record(name);
        Catalogue catalogue;
        catalogue.put(7, ObjectKey::image(record.id, record.variant), record);
        return catalogue;
    }

    static std::string bytes_of(const Catalogue& catalogue) {
        std::string text;
        catalogue.database().with_bytes(
            [&](std::span<const std::byte> bytes) { text = as_text(bytes); });
        return text;
    }

    /// A file as its readers expect it, whatever the database is.
    void plant(int number, const std::string& database) const {
        const auto checksum = ContentHash::of(database);
        write_file(path(number), database + std::string(as_text(checksum.bytes())));
    }

    /// A good catalogue's bytes after these statements, run by an SQLite that minds nothing.
    static std::string bytes_after(const char* sql) {
        auto bytes = bytes_of(catalogue_of("a"));
        sqlite3* handle = nullptr;
        sqlite3_open(":memory:", &handle);
        auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(bytes.size()));
        std::memcpy(copy, bytes.data(), bytes.size());
        const auto size = static_cast<sqlite3_int64>(bytes.size());
        sqlite3_deserialize(handle, "main", copy, size, size,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
        EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(handle);
        sqlite3_int64 changed_size = 0;
        auto* changed = sqlite3_serialize(handle, "main", &changed_size, 0);
        bytes.assign(reinterpret_cast<const char*>(changed),
                     static_cast<std::size_t>(changed_size));
        sqlite3_free(changed);
        sqlite3_close(handle);
        return bytes;
    }

    testing::TempDir directory;
    Layout layout{directory.path(), ::geteuid()};
    Generations generations{layout};
};

TEST_F(GenerationTest, what_is_published_is_read_back) {
    const auto catalogue = catalogue_of("a");
    EXPECT_TRUE(generations.publish(catalogue, 1));
    const auto loaded = generations.load();
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->number, 1U);
    EXPECT_EQ(loaded->catalogue.dump(), catalogue.dump());
}

TEST_F(GenerationTest, a_number_is_published_once) {
    EXPECT_TRUE(generations.publish(catalogue_of("a"), 1));
    EXPECT_FALSE(generations.publish(catalogue_of("b"), 1));
    EXPECT_EQ(generations.load()->catalogue.dump(), catalogue_of("a").dump());
    EXPECT_EQ(std::distance(fs::directory_iterator(layout.catalogue()), {}), 1);
}

TEST_F(GenerationTest, a_store_without_generations_has_none) {
    EXPECT_FALSE(generations.load());
    EXPECT_FALSE(Generations(Layout(directory / "nowhere", 7)).load());
}

TEST_F(GenerationTest, any_changed_byte_is_noticed) {
    generations.publish(catalogue_of("a"), 1);
    const auto good = read_file_if_exists(path(1), 1 << 20).value();
    for (std::size_t at = 0; at < good.size(); at += 997) {
        auto bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        write_file(path(1), bad);
        EXPECT_ERROR(ErrorKind::integrity, read_generation(path(1))) << at;
    }
}

TEST_F(GenerationTest, a_damaged_generation_falls_back_to_the_one_before) {
    generations.publish(catalogue_of("a"), 1);
    for (const auto& damaged : {std::string(), std::string("x"), std::string(100'000, '\0')}) {
        write_file(path(2), damaged);
        EXPECT_EQ(generations.load()->number, 1U);
    }
}

TEST_F(GenerationTest, older_ones_than_that_are_not_believed) {
    generations.publish(catalogue_of("a"), 1);
    write_file(path(2), "damaged");
    write_file(path(3), "damaged");
    EXPECT_FALSE(generations.load());
}

TEST_F(GenerationTest, a_newer_version_says_so) {
    plant(1, bytes_after("PRAGMA user_version = 3"));
    EXPECT_ERROR_SAYING(ErrorKind::usage, "newer", generations.load());
}

TEST_F(GenerationTest, a_database_of_something_else_is_refused) {
    plant(1, bytes_after("PRAGMA application_id = 17"));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "no catalogue", read_generation(path(1)));
    plant(1, "SQLite format 3");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "no catalogue", read_generation(path(1)));
}

TEST_F(GenerationTest, a_schema_of_another_making_is_refused) {
    for (const char* sql :
         {"CREATE TRIGGER t AFTER INSERT ON names BEGIN DELETE FROM images; END",
          "ALTER TABLE images RENAME TO i; CREATE VIEW images AS SELECT * FROM i",
          "CREATE TABLE more (x)", "DROP TABLE folded", "DROP INDEX names_by_id",
          "ALTER TABLE names ADD COLUMN more TEXT AS (hex(zeroblob(1000000000)))",
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 2, sql = sql || ' '"}) {
        plant(1, bytes_after(sql));
        EXPECT_ERROR(ErrorKind::integrity, read_generation(path(1))) << sql;
    }
}

TEST_F(GenerationTest, rows_that_nobody_would_write_are_errors_and_no_more) {
    for (const char* sql : {"UPDATE images SET id = x'00'", "UPDATE images SET size_bytes = -1",
                            "UPDATE images SET block_bytes = 1 << 40"}) {
        plant(1, bytes_after(sql));
        EXPECT_ERROR(ErrorKind::integrity, read_generation(path(1)).images()) << sql;
    }
}

TEST_F(GenerationTest, a_file_too_large_to_be_one_is_not_read) {
    write_file(path(1), "x");
    fs::resize_file(path(1), std::uintmax_t{1} << 40);
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "size", read_generation(path(1)));
}

TEST_F(GenerationTest, what_is_no_file_is_not_waited_for) {
    ASSERT_EQ(::mkfifo(path(1).c_str(), 0600), 0);
    EXPECT_ERROR(ErrorKind::integrity, read_generation(path(1)));
}

TEST_F(GenerationTest, a_descendant_is_recognised) {
    auto catalogue = catalogue_of("a");
    const Ancestor ours{.number = 1, .nonce = "ours"};
    catalogue.add_ancestor(ours);
    generations.publish(catalogue, 1);
    catalogue.add_ancestor({.number = 2, .nonce = "theirs"});
    generations.publish(catalogue, 2);
    EXPECT_TRUE(generations.leads_to_newest(ours));
    EXPECT_FALSE(generations.leads_to_newest({.number = 1, .nonce = "another"}));
}

TEST_F(GenerationTest, a_line_of_descent_has_an_end) {
    Catalogue catalogue;
    for (std::uint64_t number = 1; number <= 200; ++number)
        catalogue.add_ancestor({.number = number, .nonce = std::to_string(number)});
    EXPECT_EQ(catalogue.ancestry().size(), 64U);
    EXPECT_EQ(catalogue.ancestry().back().number, 200U);
}

TEST_F(GenerationTest, old_generations_and_leavings_go_but_never_the_newest_two) {
    for (int number = 1; number <= 4; ++number)
        generations.publish(catalogue_of("a"), static_cast<std::uint64_t>(number));
    write_file(layout.catalogue() / ".host.1.0123.tmp", "");
    generations.remove_older_than(std::chrono::system_clock::now() - std::chrono::hours(1));
    EXPECT_TRUE(fs::exists(path(1)));
    generations.remove_older_than(std::chrono::system_clock::now() + std::chrono::hours(1));
    EXPECT_FALSE(fs::exists(path(2)));
    EXPECT_FALSE(fs::exists(layout.catalogue() / ".host.1.0123.tmp"));
    EXPECT_TRUE(fs::exists(path(3)));
    EXPECT_EQ(generations.newest(), 4U);
}

} // namespace aic::cache
