// SPDX-License-Identifier: Apache-2.0
#include "cache/catalogue_view.hpp"
#include "cache/folding.hpp"
#include "cache/trash.hpp"
#include "cache/upgrade.hpp"
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sample_lab.hpp"
#include "tests/support/whole_store.hpp"

#include <gmock/gmock.h>

#include <optional>

namespace fs = std::filesystem;

namespace aic::cache {

using testing::AsUser;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::k_alice;
using testing::k_bob;
using testing::SampleLab;
using ::testing::SizeIs;

mode_t mode_of(const fs::path& path) {
    struct stat status = {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
}

class VisibilityTest : public ::testing::Test {
protected:
    /// As the catalogue of this moment has it.
    std::size_t images_in_catalogue() const {
        return view_catalogue(whole_.layout()).catalogue.images().size();
    }

    bool set(Visibility visibility) const {
        return set_visibility(whole_.layout(), whole_.image.record.id, whole_.image.record.variant,
                              visibility);
    }

    testing::WholeStore whole_;
    const fs::path directory_ = whole_.directory_of(whole_.image);
};

TEST_F(VisibilityTest, shutting_and_opening_change_all_modes) {
    EXPECT_EQ(visibility_of(directory_), Visibility::everyone);
    EXPECT_TRUE(set(Visibility::owner));
    EXPECT_EQ(visibility_of(directory_), Visibility::owner);
    EXPECT_EQ(mode_of(directory_), 0700U);
    for (const auto& path : {whole_.file(), whole_.record(), whole_.index()})
        EXPECT_EQ(mode_of(path), 0400U) << path;
    EXPECT_TRUE(set(Visibility::everyone));
    EXPECT_EQ(mode_of(directory_), 0755U);
    for (const auto& path : {whole_.file(), whole_.record(), whole_.index()})
        EXPECT_EQ(mode_of(path), 0444U) << path;
}

TEST_F(VisibilityTest, what_is_so_already_stays) {
    EXPECT_FALSE(set(Visibility::everyone));
    EXPECT_TRUE(set(Visibility::owner));
    EXPECT_FALSE(set(Visibility::owner));
    EXPECT_THAT(private_images(whole_.layout()), SizeIs(1));
}

TEST_F(VisibilityTest, the_catalogue_leaves_private_images_out) {
    ASSERT_EQ(images_in_catalogue(), 2U);
    set(Visibility::owner);
    EXPECT_EQ(images_in_catalogue(), 1U);
    fold(whole_.layout());
    EXPECT_EQ(images_in_catalogue(), 1U);
    EXPECT_THAT(catalogue_of_files(whole_.layout()).images(), SizeIs(1));
    set(Visibility::everyone);
    EXPECT_EQ(images_in_catalogue(), 2U);
    EXPECT_THAT(private_images(whole_.layout()), IsEmpty());
}

TEST_F(VisibilityTest, their_owner_adds_them) {
    set(Visibility::owner);
    auto view = view_catalogue(whole_.layout());
    add_private(view.catalogue, whole_.layout());
    EXPECT_THAT(view.catalogue.images(), SizeIs(2));
}

class UpgradeTest : public VisibilityTest {
protected:
    /// As the first format had it: nothing for others, at any depth.
    void make_first_format() {
        write_file(whole_.layout().description(),
                   R"({"format": 1, "min_reader": 1, "min_writer": 1})");
        for (const auto& entry : fs::recursive_directory_iterator(whole_.layout().root())) {
            const bool is_image =
                entry.path().native().starts_with(whole_.layout().images().native());
            const mode_t file_mode = is_image ? 0444 : 0600;
            const mode_t mode = entry.is_directory() ? 0700 : file_mode;
            ASSERT_EQ(::chmod(entry.path().c_str(), mode), 0) << entry.path();
        }
    }
};

TEST_F(UpgradeTest, a_private_store_of_the_first_format_becomes_one_of_this) {
    make_first_format();
    const auto upgraded = upgrade(whole_.layout(), {});
    EXPECT_EQ(upgraded.before.format, 1);
    EXPECT_EQ(upgraded.after.format, k_store_format);
    EXPECT_EQ(upgraded.shut_images, 0U);
    EXPECT_EQ(read_description(whole_.layout().description())->format, k_store_format);
    EXPECT_EQ(mode_of(whole_.layout().root()), 0700U);
    EXPECT_EQ(visibility_of(directory_), Visibility::everyone);
}

TEST_F(UpgradeTest, opening_a_store_shuts_what_is_in_it) {
    make_first_format();
    const auto upgraded = upgrade(whole_.layout(), {.preset = Preset::lab});
    EXPECT_EQ(upgraded.shut_images, 2U);
    EXPECT_EQ(visibility_of(directory_), Visibility::owner);
    EXPECT_EQ(mode_of(whole_.layout().root()), 02755U);
    EXPECT_EQ(mode_of(whole_.layout().subtree()) & 0777U, 0755U);
    EXPECT_EQ(mode_of(whole_.pin()), 0644U);
    EXPECT_EQ(mode_of(whole_.state(2)), 0644U);
    EXPECT_EQ(mode_of(whole_.layout().temporary()), 0700U);
    EXPECT_EQ(images_in_catalogue(), 0U);
    // Once more is as if it had not been done.
    EXPECT_EQ(upgrade(whole_.layout(), {.preset = Preset::lab}).shut_images, 0U);
}

TEST_F(UpgradeTest, what_was_removed_does_not_come_back_open) {
    const auto& record = whole_.image.record;
    ASSERT_TRUE(Trash(whole_.layout()).put(record.id, record.variant));
    upgrade(whole_.layout(), {.preset = Preset::lab});
    ASSERT_TRUE(Trash(whole_.layout()).bring_back(record.id, record.variant));
    EXPECT_EQ(visibility_of(directory_), Visibility::owner);
    EXPECT_EQ(mode_of(directory_), 0700U);
    EXPECT_EQ(mode_of(whole_.file()), 0400U);
}

TEST_F(UpgradeTest, a_lab_becomes_a_site_with_its_images_as_they_are) {
    upgrade(whole_.layout(), {.preset = Preset::lab});
    set(Visibility::everyone);
    EXPECT_EQ(upgrade(whole_.layout(), {.preset = Preset::site}).shut_images, 0U);
    EXPECT_EQ(visibility_of(directory_), Visibility::everyone);
    EXPECT_EQ(mode_of(whole_.layout().users()), 0755U);
}

TEST_F(UpgradeTest, where_there_is_no_store_there_is_nothing_to_upgrade) {
    EXPECT_ERROR(ErrorKind::not_found, upgrade(Layout(whole_.directory / "none", 0), {}));
}

TEST(UpgradeOfALab, does_not_shut_others_out) {
    AIC_REQUIRE_ROOT();
    SampleLab lab;
    lab.publish_as(k_alice);
    EXPECT_ERROR_SAYING(ErrorKind::usage, "61001", upgrade(lab.layout_of(0), {}));
    const AsUser bob(k_bob);
    EXPECT_ERROR(ErrorKind::denied, upgrade(lab.layout_of(k_bob), {.preset = Preset::site}));
}

} // namespace aic::cache
