// SPDX-License-Identifier: Apache-2.0
#include "cache/names.hpp"
#include "cache/trash.hpp"
#include "cli/image_argument.hpp"
#include "core/log.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sample_store.hpp"

#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::cli {

class ImageArgumentTest : public ::testing::Test {
protected:
    cache::Record add(std::string_view name, const char* reference, std::int64_t created = 1000,
                      const char* variant = "zstd1-128k") {
        auto record = testing::sample_record(name);
        record.reference = reference;
        record.created_seconds = created;
        record.variant = variant;
        sample.add(record);
        store.write_reference({.reference = reference, .id = record.id}, oci::Platform::host());
        return record;
    }

    void give_name(const std::string& name, const cache::Record& record) {
        names.set(cache::ImageName::parse(name), {record.id, record.variant, "pull x", "x"}, {},
                  cache::Replace::yes);
    }

    ImageArgument find(const std::string& text) {
        return find_image(cache::Library(store), text, directory / "home");
    }

    std::string hint_for(const std::string& text) {
        const auto error = testing::error_thrown_by([&] { find(text); });
        return error ? error->hint() : "no error";
    }

    testing::SampleStore sample;
    const testing::TempDir& directory = sample.directory;
    cache::Store& store = sample.store;
    const cache::Names names{sample.layout()};
};

TEST_F(ImageArgumentTest, a_name_is_found_before_a_reference_and_an_id) {
    const auto named = add("x", "docker.io/library/debian:12");
    const auto other = add("y", "docker.io/library/ubuntu:latest");
    const auto prefix = other.id.hex().substr(0, 6);
    for (const auto& name : {std::string("ubuntu"), prefix}) {
        EXPECT_EQ(find(name).stored->record.id, other.id) << name;
        give_name(name, named);
        EXPECT_EQ(find(name).stored->record.id, named.id) << name;
    }
    EXPECT_EQ(find("ubuntu:latest").stored->record.id, other.id);
    EXPECT_EQ(find("sha256:" + prefix).stored->record.id, other.id);
}

TEST_F(ImageArgumentTest, what_an_ambiguous_word_was_taken_for_is_said) {
    std::vector<std::string> said;
    set_log_handler([&](LogLevel, const std::string& message) { said.push_back(message); });
    give_name("ubuntu", add("x", "docker.io/library/ubuntu:latest"));
    give_name("exp", add("y", "docker.io/library/debian:12"));
    find("exp");
    EXPECT_THAT(said, ::testing::IsEmpty());
    find("ubuntu");
    set_log_handler(nullptr);
    EXPECT_THAT(said, ::testing::ElementsAre("'ubuntu' is taken for the name; the reference is "
                                             "docker.io/library/ubuntu:latest"));
}

TEST_F(ImageArgumentTest, the_callers_own_number_may_stand_before_a_name) {
    const auto record = add("x", "docker.io/library/ubuntu:22.04");
    give_name("exp", record);
    EXPECT_EQ(find(std::to_string(::geteuid()) + "/exp").stored->record.id, record.id);
    EXPECT_ERROR(ErrorKind::not_found, find("nobody-at-all/exp"));
}

TEST_F(ImageArgumentTest, a_name_means_one_variant) {
    const auto record = add("x", "docker.io/library/ubuntu:22.04", 1000, "a");
    add("x", "docker.io/library/ubuntu:22.04", 3000, "b");
    give_name("exp", record);
    EXPECT_EQ(find("exp").stored->record.variant, "a");
    EXPECT_EQ(find_stored(cache::Library(store), "exp").images.size(), 1U);
}

TEST_F(ImageArgumentTest, names_are_near_misses_too) {
    give_name("experiment", add("x", "docker.io/library/ubuntu:22.04"));
    EXPECT_EQ(hint_for("experimnet"), "did you mean 'experiment'?");
}

TEST_F(ImageArgumentTest, what_was_removed_can_be_restored) {
    const auto record = add("x", "docker.io/library/ubuntu:22.04");
    give_name("exp", record);
    cache::Trash(sample.layout()).put(record.id, record.variant);
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "not here any more", find("exp"));
    EXPECT_THAT(hint_for("ubuntu:22.04"), ::testing::HasSubstr("restore ubuntu:22.04"));
    EXPECT_THAT(hint_for(record.id.short_hex()), ::testing::HasSubstr("restore"));
    names.remove(cache::ImageName::parse("exp"));
    EXPECT_THAT(hint_for("exp"), ::testing::HasSubstr("restore exp"));
}

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
    EXPECT_EQ(find_stored(cache::Library(store), "ubuntu:22.04").images.size(), 3U);
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
    EXPECT_EQ(hint_for("ubunut:22.04"), "did you mean 'docker.io/library/ubuntu:22.04'?");
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
