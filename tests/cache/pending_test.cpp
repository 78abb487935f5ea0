// SPDX-License-Identifier: Apache-2.0
#include "cache/pending.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <unistd.h>

namespace aic::cache {

class PendingTest : public ::testing::Test {
protected:
    std::vector<PendingState> states() const {
        std::vector<PendingState> states;
        for (const auto& entry : pending_entries(layout))
            states.push_back(entry.state);
        return states;
    }

    testing::TempDir directory;
    Layout layout{directory.path(), ::geteuid()};
    ObjectKey key = ObjectKey::name("exp");
};

TEST_F(PendingTest, a_user_without_changes_has_no_entries) {
    EXPECT_THAT(states(), ::testing::IsEmpty());
}

TEST_F(PendingTest, a_change_is_an_intent_until_it_is_done) {
    ChangeNote note(layout, key);
    EXPECT_THAT(states(), ::testing::ElementsAre(PendingState::intent));
    note.done();
    EXPECT_THAT(states(), ::testing::ElementsAre(PendingState::done));
}

TEST_F(PendingTest, a_change_that_is_never_done_stays_an_intent) {
    { const ChangeNote note(layout, key); }
    EXPECT_THAT(states(), ::testing::ElementsAre(PendingState::intent));
}

TEST_F(PendingTest, an_entry_says_which_object_is_meant) {
    ChangeNote note(layout, key);
    EXPECT_EQ(read_pending(layout, pending_entries(layout).at(0)), key);
}

TEST_F(PendingTest, an_intent_that_was_done_meanwhile_still_says_so) {
    ChangeNote note(layout, key);
    const auto seen = pending_entries(layout).at(0);
    note.done();
    EXPECT_EQ(read_pending(layout, seen), key);
}

TEST_F(PendingTest, an_entry_that_is_gone_says_nothing) {
    ChangeNote note(layout, key);
    note.done();
    const auto seen = pending_entries(layout).at(0);
    std::filesystem::remove(layout.pending() / seen.file_name);
    EXPECT_FALSE(read_pending(layout, seen));
}

TEST_F(PendingTest, a_slow_change_is_done_although_its_intent_was_taken_away) {
    ChangeNote note(layout, key);
    std::filesystem::remove(layout.pending() / pending_entries(layout).at(0).file_name);
    note.done();
    EXPECT_THAT(states(), ::testing::ElementsAre(PendingState::done));
    EXPECT_EQ(read_pending(layout, pending_entries(layout).at(0)), key);
}

TEST_F(PendingTest, what_is_no_entry_is_not_listed) {
    { const ChangeNote note(layout, key); }
    write_file(layout.pending() / "README", "");
    write_file(layout.pending() / ".x.done", "still being written");
    EXPECT_EQ(states().size(), 1U);
}

TEST_F(PendingTest, the_users_own_entries_are_removed_and_no_others) {
    for (int count = 0; count < 100; ++count)
        ChangeNote(layout, key).done();
    auto entries = pending_entries(layout);
    const auto kept = entries.back();
    entries.back().owner += 1;
    remove_pending(layout, entries);
    const auto left = pending_entries(layout);
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left.front().file_name, kept.file_name);
}

} // namespace aic::cache
