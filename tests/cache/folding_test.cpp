// SPDX-License-Identifier: Apache-2.0
#include "cache/folding.hpp"
#include "cache/seal.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/folding_fixture.hpp"

#include <sys/file.h>
#include <sys/stat.h>

namespace fs = std::filesystem;

namespace aic::cache {

using testing::FoldingTest;
using testing::sample_record;

TEST_F(FoldingTest, a_store_without_a_catalogue_is_read_from_its_files) {
    store.place_image(a);
    EXPECT_EQ(view_catalogue(layout).catalogue.images().size(), 1U);
    EXPECT_FALSE(fs::exists(layout.catalogue()));
}

TEST_F(FoldingTest, a_store_that_does_not_exist_is_empty) {
    const Layout nowhere(directory / "nowhere", ::geteuid());
    EXPECT_TRUE(view_catalogue(nowhere).catalogue.images().empty());
    EXPECT_FALSE(fs::exists(directory / "nowhere"));
}

TEST_F(FoldingTest, folding_takes_in_what_is_pending) {
    fold(layout);
    store.add_image(a);
    store.refer("x:1", a.id);
    store.set_name("exp", a);
    store.pin(a);
    EXPECT_TRUE(in_newest().empty());
    EXPECT_EQ(seen().size(), 4U);
    EXPECT_TRUE(fold(layout));
    EXPECT_EQ(in_newest().size(), 4U);
    EXPECT_EQ(in_newest(), in_files());
}

TEST_F(FoldingTest, folding_what_is_not_pending_publishes_nothing) {
    store.add_image(a);
    fold(layout);
    fold(layout);
    fold(layout);
    EXPECT_EQ(newest(), 1U);
}

TEST_F(FoldingTest, entries_go_one_generation_after_they_were_folded) {
    fold(layout);
    store.add_image(a);
    fold(layout);
    EXPECT_EQ(pending_entries(layout).size(), 1U);
    store.add_image(b);
    fold(layout);
    EXPECT_EQ(pending_entries(layout).size(), 1U);
    EXPECT_EQ(in_newest(), in_files());
}

TEST_F(FoldingTest, somebody_else_who_folds_is_left_to_it) {
    fold(layout);
    const auto lock = open_file(layout.folding_lock(), O_RDWR);
    ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
    store.add_image(a);
    EXPECT_FALSE(fold(layout));
    EXPECT_TRUE(fold(layout, FoldLock::none));
    EXPECT_EQ(in_newest(), in_files());
}

// Crash windows.

TEST_F(FoldingTest, a_writer_killed_before_the_change_changes_nothing) {
    fold(layout);
    { const ChangeNote note(layout, ObjectKey::image(a.id, a.variant)); }
    EXPECT_TRUE(seen().empty());
    fold(layout);
    EXPECT_EQ(pending_entries(layout).size(), 1U);
}

TEST_F(FoldingTest, a_writer_killed_after_the_change_is_not_missed) {
    fold(layout);
    { const ChangeNote note(layout, ObjectKey::image(a.id, a.variant)); }
    store.add_image(b);
    fold(layout); // before the change: the intent stays
    store.place_image(a);
    EXPECT_EQ(seen(), in_files());
    store.remove_image(b);
    fold(layout);
    EXPECT_EQ(in_newest(), in_files());
}

TEST_F(FoldingTest, an_intent_that_is_done_after_the_fold_that_saw_it_is_looked_at_again) {
    fold(layout);
    ChangeNote note(layout, ObjectKey::image(a.id, a.variant));
    store.add_image(b);
    fold(layout);
    store.place_image(a);
    note.done();
    fold(layout);
    EXPECT_EQ(in_newest(), in_files());
}

TEST_F(FoldingTest, a_folder_killed_before_its_link_leaves_all_to_the_next) {
    fold(layout);
    store.add_image(a);
    auto view = view_catalogue(layout); // folded, and never published
    EXPECT_EQ(seen(), in_files());
    EXPECT_TRUE(fold(layout));
    EXPECT_EQ(in_newest(), in_files());
}

TEST_F(FoldingTest, a_folder_killed_after_its_link_leaves_only_entries_behind) {
    fold(layout);
    store.add_image(a);
    auto view = view_catalogue(layout);
    Generations(layout).publish(view.catalogue, view.newest + 1); // nothing marked or removed
    EXPECT_EQ(seen(), in_files());
    fold(layout);
    EXPECT_EQ(in_newest(), in_files());
}

// Damage.

TEST_F(FoldingTest, a_damaged_newest_generation_loses_nothing) {
    fold(layout);
    store.add_image(a);
    fold(layout);
    store.add_image(b);
    fold(layout);
    const auto before = seen();
    fs::remove(newest_path());
    write_file(layout.catalogue() / "00000003.db", "damaged");
    EXPECT_EQ(seen(), before);
    fold(layout);
    EXPECT_EQ(newest(), 4U);
    EXPECT_EQ(in_newest(), in_files());
}

TEST_F(FoldingTest, a_catalogue_of_damaged_generations_is_made_from_the_files) {
    store.place_image(a);
    fs::create_directory(layout.catalogue());
    for (const char* name : {"00000001.db", "00000002.db", "00000003.db"})
        write_file(layout.catalogue() / name, "damaged");
    EXPECT_EQ(seen(), in_files());
    fold(layout);
    EXPECT_EQ(newest(), 4U);
    EXPECT_EQ(in_newest(), in_files());
}

TEST_F(FoldingTest, damaged_objects_are_left_out_alike) {
    fold(layout);
    store.add_image(a);
    store.refer("x:1", a.id);
    store.set_name("exp", a);
    fold(layout);
    for (const auto& [key, path] :
         {std::pair(ObjectKey::image(a.id, a.variant),
                    layout.variant(a.id, a.variant) / "record.json"),
          std::pair(ObjectKey::name("exp"), layout.name("exp") / "00000001.json")}) {
        ChangeNote note(layout, key);
        write_file(path, "{");
        note.done();
    }
    EXPECT_EQ(seen().size(), 1U);
    EXPECT_EQ(seen(), in_files());
}

TEST_F(FoldingTest, a_record_in_another_images_place_is_left_out) {
    make_directories(layout.variant(b.id, b.variant), 0700);
    write_file(layout.variant(b.id, b.variant) / "record.json", to_json(a));
    EXPECT_TRUE(in_files().empty());
}

TEST_F(FoldingTest, a_record_of_impossible_sizes_is_left_out) {
    auto impossible = a;
    impossible.segments[0].length_bytes = ~std::uint64_t{0};
    store.place_image(impossible);
    EXPECT_TRUE(in_files().empty());
}

TEST_F(FoldingTest, planted_links_lead_nowhere) {
    store.place_image(a);
    fs::create_directory(directory / "elsewhere");
    fs::rename(layout.image(a.id), directory / "elsewhere" / "image");
    fs::create_directory_symlink(directory / "elsewhere" / "image", layout.image(a.id));
    EXPECT_TRUE(in_files().empty());
}

TEST_F(FoldingTest, a_subtree_of_somebody_else_does_not_count) {
    store.place_image(a);
    const auto number = std::to_string(::geteuid() + 1);
    fs::create_directories(layout.users() / number / "pending");
    fs::create_directories(layout.users() / "no-number");
    fs::create_directory_symlink(layout.subtree(), layout.users() / "99999");
    EXPECT_EQ(seen().size(), 1U);
}

TEST_F(FoldingTest, an_entry_of_a_newer_aic_image_is_left_to_it) {
    fold(layout);
    store.add_image(a);
    write_file(layout.pending() / "newer.done", sealed(R"({"version":2})"));
    fold(layout);
    store.add_image(b);
    fold(layout);
    EXPECT_TRUE(fs::exists(layout.pending() / "newer.done"));
    EXPECT_EQ(in_newest(), in_files());
}

TEST_F(FoldingTest, a_newer_catalogue_is_refused) {
    fold(layout);
    auto bytes = read_file_if_exists(newest_path(), 1 << 20).value();
    bytes.resize(bytes.size() - sizeof(ContentHash::Bytes));
    bytes[63] = 9; // user_version
    const auto checksum = ContentHash::of(bytes);
    write_file(layout.catalogue() / "00000002.db", bytes + std::string(as_text(checksum.bytes())));
    EXPECT_ERROR_SAYING(ErrorKind::usage, "newer", view_catalogue(layout));
    store.add_image(a);
    EXPECT_ERROR_SAYING(ErrorKind::usage, "newer", fold(layout));
    EXPECT_NO_THROW(fold_if_due(layout, {.entries = 1}));
}

TEST_F(FoldingTest, a_catalogue_we_may_not_write_is_read) {
    if (::geteuid() == 0)
        GTEST_SKIP() << "root may write everywhere";
    fold(layout);
    store.add_image(a);
    ::chmod(layout.catalogue().c_str(), 0500);
    EXPECT_EQ(seen(), in_files());
    EXPECT_ERROR(ErrorKind::denied, fold(layout));
    EXPECT_NO_THROW(fold_if_due(layout, {.entries = 1}));
    ::chmod(layout.catalogue().c_str(), 0700);
}

// When it is due.

TEST_F(FoldingTest, the_first_change_makes_the_first_generation) {
    store.add_image(a);
    fold_if_due(layout);
    EXPECT_EQ(newest(), 1U);
}

TEST_F(FoldingTest, few_and_recent_entries_wait) {
    fold(layout);
    store.add_image(a);
    fold_if_due(layout);
    EXPECT_EQ(newest(), 1U);
}

TEST_F(FoldingTest, many_entries_are_folded) {
    fold(layout);
    for (int count = 0; count < 3; ++count)
        store.add_image(sample_record(std::to_string(count)));
    fold_if_due(layout, {.entries = 4});
    EXPECT_EQ(newest(), 1U);
    fold_if_due(layout, {.entries = 3});
    EXPECT_EQ(newest(), 2U);
    store.add_image(a); // those that are folded do not count again
    fold_if_due(layout, {.entries = 3});
    EXPECT_EQ(newest(), 2U);
}

TEST_F(FoldingTest, old_entries_are_folded) {
    fold(layout);
    store.add_image(a);
    store.add_image(b);
    fold_if_due(layout, {.age = std::chrono::seconds(0)});
    EXPECT_EQ(newest(), 2U);
}

// Rebuilding.

TEST_F(FoldingTest, rebuilding_a_right_catalogue_finds_nothing) {
    store.add_image(a);
    store.set_name("exp", a);
    fold(layout);
    store.add_image(b);
    EXPECT_TRUE(rebuild(layout).empty());
    EXPECT_EQ(in_newest(), in_files());
    EXPECT_EQ(newest(), 2U);
}

TEST_F(FoldingTest, rebuilding_says_what_was_missing_stale_and_wrong) {
    store.add_image(a);
    store.refer("x:1", a.id);
    fold(layout);
    store.place_image(b);
    fs::remove_all(layout.references());
    auto changed = a;
    changed.size_bytes += 1;
    store.place_image(changed);
    std::vector<DifferenceKind> kinds;
    for (const auto& difference : rebuild(layout))
        kinds.push_back(difference.kind);
    EXPECT_THAT(kinds, ::testing::UnorderedElementsAre(
                           DifferenceKind::missing, DifferenceKind::stale, DifferenceKind::wrong));
    EXPECT_EQ(in_newest(), in_files());
    EXPECT_TRUE(rebuild(layout).empty());
}

TEST_F(FoldingTest, rebuilding_keeps_the_line_of_descent) {
    store.add_image(a);
    fold(layout);
    const auto before = Generations(layout).load()->catalogue.ancestry().back();
    rebuild(layout);
    EXPECT_TRUE(Generations(layout).leads_to_newest(before));
}

} // namespace aic::cache
