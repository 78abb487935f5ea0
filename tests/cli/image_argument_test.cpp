// SPDX-License-Identifier: Apache-2.0
#include "cli/image_argument.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sample_record.hpp"
#include "tests/support/temp_dir.hpp"

namespace fs = std::filesystem;

namespace aic::cli {

class ImageArgumentTest : public ::testing::Test {
protected:
    void SetUp() override { store.prepare(); }

    cache::Record add(std::string_view name, const char* reference, std::int64_t created = 1000,
                      const char* variant = "zstd1-128k") {
        auto record = testing::sample_record(name);
        record.reference = reference;
        record.created_seconds = created;
        record.variant = variant;
        const auto staged = store.layout().temporary() / unique_name();
        fs::create_directory(staged);
        write_file(staged / record.file_name, "bytes");
        write_file(staged / cache::k_record_name, to_json(record));
        store.publish(staged, record.id, record.variant);
        store.write_reference({.reference = reference, .id = record.id}, oci::Platform::host());
        return record;
    }

    ImageArgument find(const std::string& text) {
        return find_image(store, text, directory / "home");
    }

    testing::TempDir directory;
    cache::Store store{directory / "store"};
};

TEST_F(ImageArgumentTest, a_reference_in_any_spelling_is_found) {
    const auto record = add("x", "docker.io/library/ubuntu:22.04");
    for (const char* text : {"ubuntu:22.04", "docker.io/library/ubuntu:22.04",
                             "docker://ubuntu:22.04", "library/ubuntu:22.04"})
        EXPECT_EQ(find(text).stored->record.id, record.id) << text;
}

TEST_F(ImageArgumentTest, an_id_is_found_by_four_digits) {
    const auto record = add("x", "docker.io/library/ubuntu:22.04");
    EXPECT_EQ(find(record.id.hex().substr(0, 4)).stored->record.id, record.id);
    EXPECT_EQ(find(record.id.str()).stored->record.id, record.id);
    EXPECT_ERROR(ErrorKind::not_found, find(record.id.hex().substr(0, 3)));
}

TEST_F(ImageArgumentTest, the_newest_variant_is_taken) {
    add("x", "docker.io/library/ubuntu:22.04", 1000, "a");
    add("x", "docker.io/library/ubuntu:22.04", 3000, "b");
    add("x", "docker.io/library/ubuntu:22.04", 2000, "c");
    EXPECT_EQ(find("ubuntu:22.04").stored->record.variant, "b");
    EXPECT_EQ(find_stored(store, "ubuntu:22.04").size(), 3U);
}

TEST_F(ImageArgumentTest, a_path_is_a_path) {
    write_file(directory / "my.sqsh", "x");
    const auto found = find((directory / "my.sqsh").native());
    EXPECT_EQ(found.file, directory / "my.sqsh");
    EXPECT_FALSE(found.stored);
}

TEST_F(ImageArgumentTest, a_tilde_is_the_home_directory) {
    fs::create_directory(directory / "home");
    write_file(directory / "home" / "my.sqsh", "x");
    EXPECT_EQ(find("~/my.sqsh").file, directory / "home" / "my.sqsh");
}

TEST_F(ImageArgumentTest, a_path_to_nothing_is_not_found) {
    for (const char* text : {"/nowhere/x.sqsh", "./nowhere.sqsh", "~/nowhere"})
        EXPECT_ERROR(ErrorKind::not_found, find(text)) << text;
}

TEST_F(ImageArgumentTest, a_near_miss_is_pointed_out) {
    add("x", "docker.io/library/ubuntu:22.04");
    const auto error = testing::error_thrown_by([&] { find("ubunut:22.04"); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->hint(), "did you mean 'docker.io/library/ubuntu:22.04'?");
}

TEST_F(ImageArgumentTest, a_prefix_of_several_ids_is_ambiguous) {
    // Among so many ids some begin alike.
    std::map<std::string, int> prefixes;
    std::string twice;
    for (int i = 0; twice.empty(); ++i) {
        const auto prefix = testing::sample_record(std::to_string(i)).id.hex().substr(0, 4);
        const auto [known, is_new] = prefixes.try_emplace(prefix, i);
        if (is_new)
            continue;
        add(std::to_string(i), "docker.io/library/a:1");
        add(std::to_string(known->second), "docker.io/library/b:1");
        twice = prefix;
    }
    EXPECT_ERROR_SAYING(ErrorKind::usage, "2 images", find(twice));
}

} // namespace aic::cli
