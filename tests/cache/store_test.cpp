// SPDX-License-Identifier: Apache-2.0
#include "cache/store.hpp"
#include "cache/trash.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/race.hpp"
#include "tests/support/sample_store.hpp"

#include <sys/stat.h>

#include <chrono>
#include <ctime>

namespace fs = std::filesystem;

namespace aic::cache {

const oci::Platform k_platform{"linux", "amd64", ""};

class StoreTest : public ::testing::Test {
protected:
    StoredImage publish(const Record& image, std::string_view text = "bytes") {
        return sample.add(image, text);
    }

    void refer(const char* reference, const ImageId& id) {
        store.write_reference({.reference = reference, .id = id}, k_platform);
    }

    testing::SampleStore sample;
    const testing::TempDir& directory = sample.directory;
    Store& store = sample.store;
    const Record record = testing::sample_record();
};

TEST_F(StoreTest, nobody_else_gets_into_one_that_nobody_set_up) {
    struct stat status;
    ASSERT_EQ(::stat(store.layout().root().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(StoreTest, preparing_it_again_changes_nothing) {
    publish(record);
    store.prepare();
    EXPECT_TRUE(store.find(record.id, record.variant));
}

TEST_F(StoreTest, a_published_image_is_found) {
    publish(record);
    const auto found = store.find(record.id, record.variant);
    ASSERT_TRUE(found);
    EXPECT_EQ(read_file_if_exists(found->file(), 100), "bytes");
    EXPECT_EQ(store.find_all(record.id).size(), 1U);
    EXPECT_EQ(store.list().size(), 1U);
}

TEST_F(StoreTest, what_is_not_there_is_not_found) {
    EXPECT_FALSE(store.find(record.id, record.variant));
    EXPECT_FALSE(store.find_reference("x", k_platform));
    EXPECT_TRUE(store.find_all(record.id).empty());
}

TEST_F(StoreTest, a_store_that_does_not_exist_is_empty) {
    const Store nowhere(directory / "nowhere");
    EXPECT_TRUE(nowhere.list().empty());
    EXPECT_TRUE(nowhere.references().empty());
    EXPECT_FALSE(fs::exists(directory / "nowhere"));
}

TEST_F(StoreTest, the_first_to_publish_wins) {
    publish(record, "first");
    const auto second = publish(record, "second");
    EXPECT_EQ(read_file_if_exists(second.file(), 100), "first");
}

TEST_F(StoreTest, a_reference_is_found_by_its_platform) {
    refer("docker.io/library/ubuntu:22.04", record.id);
    EXPECT_EQ(store.find_reference("docker.io/library/ubuntu:22.04", k_platform)->id, record.id);
    EXPECT_FALSE(store.find_reference("docker.io/library/ubuntu:22.04", {"linux", "arm64", ""}));
}

TEST_F(StoreTest, ids_are_found_by_their_first_digits) {
    publish(record);
    publish(testing::sample_record("other"));
    EXPECT_THAT(store.ids_with_prefix(record.id.hex().substr(0, 8)),
                ::testing::ElementsAre(record.id));
    EXPECT_EQ(store.ids_with_prefix("").size(), 2U);
}

TEST_F(StoreTest, a_reference_leads_nowhere_when_its_image_is_gone_for_good) {
    const auto image = publish(record);
    refer("a", record.id);
    refer("b", ImageId(sha256_of("other")));
    write_file(store.layout().references() / "odd.json", "not json");
    const auto file_of = [&](const char* reference) {
        return store.layout().reference(reference, k_platform);
    };
    EXPECT_THAT(store.dangling_references(), ::testing::ElementsAre(file_of("b")));
    Trash(store.layout()).put(record.id, record.variant); // from where it may come back
    EXPECT_THAT(store.dangling_references(), ::testing::ElementsAre(file_of("b")));
    EXPECT_FALSE(store.remove_reference(file_of("a")));
    EXPECT_TRUE(store.remove_reference(file_of("b")));
    EXPECT_FALSE(store.find_reference("b", k_platform));
}

TEST_F(StoreTest, a_quarantined_image_keeps_its_references) {
    refer("a", record.id);
    store.quarantine(publish(record));
    EXPECT_FALSE(store.find(record.id, record.variant));
    EXPECT_TRUE(store.find_reference("a", k_platform));
}

TEST_F(StoreTest, a_damaged_record_is_left_out_of_lists) {
    const auto image = publish(record);
    publish(testing::sample_record("other"));
    write_file(image.directory / k_record_name, "{");
    write_file(store.layout().references() / "odd.json", "{");
    EXPECT_EQ(store.list().size(), 1U);
    EXPECT_TRUE(store.references().empty());
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "record.json", store.find(record.id, record.variant));
}

TEST_F(StoreTest, a_newer_format_is_refused) {
    write_file(store.layout().description(), R"({"format": 9, "min_reader": 9})");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "newer", Store(directory / "store"));
}

TEST_F(StoreTest, a_description_that_is_none_is_refused) {
    for (const char* text : {"", "[]", "{}", R"({"min_reader": "1"})"}) {
        write_file(store.layout().description(), text);
        EXPECT_ERROR(ErrorKind::integrity, Store(directory / "store")) << text;
    }
}

TEST_F(StoreTest, the_leavings_of_a_killed_process_are_removed) {
    const auto abandoned = store.layout().temporary() / "gpu03.4711.0123456789abcdef";
    fs::create_directory(abandoned);
    write_file(abandoned / "big", "bytes");
    const WorkDir at_work(store.layout().temporary());
    WorkDir::remove_abandoned(store.layout().temporary());
    EXPECT_FALSE(fs::exists(abandoned));
    EXPECT_TRUE(fs::exists(at_work.path()));
}

/// Removes the image for good.
void destroy(const Trash& trash, const Record& record) {
    trash.put(record.id, record.variant);
    for (const auto& entry : trash.entries_older_than(std::chrono::seconds(0), std::time(nullptr)))
        trash.discard(entry);
}

TEST_F(StoreTest, an_image_that_others_remove_while_it_is_published_is_there_or_the_store_is_busy) {
    const Trash trash(store.layout());
    const auto published = testing::race(8, [&](int process) {
        int count = 0;
        for (int round = 0; round < 20; ++round)
            try {
                if (process % 2 == 0)
                    destroy(trash, record);
                else if (publish(record).record.id == record.id)
                    ++count;
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::busy || error.hint().empty())
                    throw;
            }
        return count;
    });
    EXPECT_GT(published, 0);
    publish(record);
    EXPECT_TRUE(store.find(record.id, record.variant));
}

TEST_F(StoreTest, a_place_that_holds_no_image_is_no_race) {
    fs::create_directories(store.layout().variant(record.id, record.variant) / "damaged");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "without its record", publish(record));
}

} // namespace aic::cache
