// SPDX-License-Identifier: Apache-2.0
#include "cache/names.hpp"
#include "cache/trash.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/race.hpp"
#include "tests/support/sample_store.hpp"

#include <gmock/gmock.h>

namespace aic::cache {

class NamesTest : public ::testing::Test {
protected:
    static NamedImage image(std::string_view text) {
        return {ImageId(sha256_of(text)), "zstd1-128k", "pull x", "x"};
    }

    NameState set(std::string_view text, const char* directory = "/exp",
                  Replace replace = Replace::no) {
        return names.set(exp, image(text), directory, replace);
    }

    bool stands_for(const ImageName& name, std::string_view text) const {
        const auto state = names.find(name);
        return state && state->id == image(text).id;
    }

    static void nothing_to_bring(const NameState&, const NameState&) {}

    testing::SampleStore sample;
    Names names{sample.layout()};
    const ImageName exp = ImageName::parse("exp");
    const ImageName other = ImageName::parse("other");
};

TEST_F(NamesTest, a_name_stands_for_what_it_was_set_to_last) {
    EXPECT_FALSE(names.find(exp));
    set("a");
    set("b");
    EXPECT_TRUE(stands_for(exp, "b"));
    EXPECT_EQ(names.history(exp).size(), 2U);
    EXPECT_EQ(names.all().size(), 1U);
}

TEST_F(NamesTest, another_directory_is_refused_and_named) {
    set("a", "/home/lab/exp");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "/home/lab/exp", set("b", "/elsewhere/exp"));
    EXPECT_TRUE(stands_for(exp, "a"));
    set("b", "/elsewhere/exp", Replace::yes);
    EXPECT_EQ(names.find(exp)->directory, "/elsewhere/exp");
}

TEST_F(NamesTest, another_directory_may_set_the_same_image) {
    set("a", "/home/lab/exp");
    EXPECT_EQ(set("a", "/elsewhere/exp").directory, "/home/lab/exp");
    EXPECT_EQ(names.history(exp).size(), 1U);
}

TEST_F(NamesTest, a_name_moves_on_only_from_what_it_still_stands_for) {
    const auto a = set("a", "/home/lab/exp");
    set("b", "/home/lab/exp");
    EXPECT_FALSE(names.advance(exp, {a.id, a.variant}, image("c")));
    EXPECT_TRUE(stands_for(exp, "b"));
    const auto b = *names.find(exp);
    EXPECT_TRUE(names.advance(exp, {b.id, b.variant}, image("c")));
    EXPECT_TRUE(stands_for(exp, "c"));
    EXPECT_EQ(names.find(exp)->directory, "/home/lab/exp");
    EXPECT_FALSE(names.advance(other, {b.id, b.variant}, image("c")));
}

TEST_F(NamesTest, a_removed_name_is_free_and_keeps_its_history) {
    set("a", "/home/lab/exp");
    names.remove(exp);
    EXPECT_FALSE(names.find(exp));
    EXPECT_TRUE(names.all().empty());
    EXPECT_ERROR(ErrorKind::not_found, names.remove(exp));
    set("b", "/elsewhere/exp");
    EXPECT_EQ(names.history(exp).size(), 3U);
    EXPECT_THAT(names.known(), ::testing::ElementsAre(exp));
}

TEST_F(NamesTest, a_renamed_name_stands_for_the_same) {
    set("a");
    EXPECT_EQ(names.rename(exp, other).how, "rename exp");
    EXPECT_FALSE(names.find(exp));
    EXPECT_TRUE(stands_for(other, "a"));
    EXPECT_EQ(names.find(other)->directory, "/exp");
    EXPECT_ERROR(ErrorKind::not_found, names.rename(exp, other));
}

TEST_F(NamesTest, renaming_takes_no_name_from_another_image) {
    set("a");
    names.set(other, image("b"), "/exp", Replace::no);
    EXPECT_ERROR_SAYING(ErrorKind::usage, "'other' is in use", names.rename(exp, other));
    EXPECT_TRUE(stands_for(exp, "a"));
    EXPECT_NO_THROW(names.rename(exp, exp));
}

TEST_F(NamesTest, restoring_goes_back_and_forth) {
    set("a");
    set("b");
    names.restore(exp, {}, nothing_to_bring);
    EXPECT_TRUE(stands_for(exp, "a"));
    names.restore(exp, {}, nothing_to_bring);
    EXPECT_TRUE(stands_for(exp, "b"));
    names.restore(exp, 1, nothing_to_bring);
    EXPECT_TRUE(stands_for(exp, "a"));
}

TEST_F(NamesTest, an_image_that_can_not_be_had_again_is_not_restored) {
    set("a");
    set("b");
    std::string made_by;
    EXPECT_ERROR(ErrorKind::not_found,
                 names.restore(exp, {}, [&](const NameState&, const NameState& origin) {
                     made_by = origin.how;
                     throw Error(ErrorKind::not_found, "gone");
                 }));
    EXPECT_EQ(made_by, "pull x");
    EXPECT_TRUE(stands_for(exp, "b"));
}

TEST_F(NamesTest, naming_an_image_that_is_being_removed_brings_it_back) {
    const auto stored = sample.add("a");
    ASSERT_TRUE(Trash(sample.layout()).put(stored.record.id, stored.record.variant));
    set("a");
    EXPECT_TRUE(sample.has(stored.record.id));
}

TEST_F(NamesTest, a_damaged_state_hides_no_other) {
    set("a");
    names.set(other, image("b"), "/exp", Replace::no);
    write_file(sample.layout().name("exp") / "00000002.json", "{");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "00000002.json", names.find(exp));
    EXPECT_EQ(names.history(exp).size(), 1U);
    EXPECT_EQ(names.all().size(), 1U);
    set("c"); // and does not stand in the way
    EXPECT_TRUE(stands_for(exp, "c"));
}

TEST_F(NamesTest, old_states_are_out_of_date_but_none_that_keeps_an_image) {
    set("first");
    for (int i = 0; i < 30; ++i)
        set(i % 2 ? "a" : "b");
    const auto outdated = names.outdated(exp);
    EXPECT_EQ(outdated.size(), 10U);
    EXPECT_THAT(outdated,
                ::testing::Not(::testing::Contains(sample.layout().name("exp") / "00000001.json")));
}

TEST_F(NamesTest, of_changes_by_many_processes_none_is_lost) {
    constexpr int k_processes = 16;
    constexpr int k_rounds = 6;
    const auto changes = testing::race(k_processes, [&](int process) {
        int changed = 0;
        for (int round = 0; round < k_rounds; ++round) {
            const auto text = std::to_string(process) + "." + std::to_string(round);
            set(text.c_str(), "/exp", Replace::yes);
            ++changed;
            try {
                if (round % 3 == 1) {
                    names.remove(exp);
                    ++changed;
                } else if (round % 3 == 2) {
                    names.restore(exp, {}, nothing_to_bring);
                    ++changed;
                }
            } catch (const Error&) {
                // Somebody removed it first: no change.
            }
        }
        return changed;
    });
    const auto history = names.history(exp);
    EXPECT_EQ(history.size(), static_cast<std::size_t>(changes));
    EXPECT_EQ(history.back().number, history.size());
    // Nothing half-made lies about.
    EXPECT_EQ(entries_of(sample.layout().name("exp")).size(), history.size());
}

TEST_F(NamesTest, an_image_renamed_by_many_processes_never_loses_all_names) {
    set("a");
    testing::race(8, [&](int process) {
        for (int round = 0; round < 5; ++round)
            try {
                if ((process + round) % 2)
                    names.rename(exp, other);
                else
                    names.rename(other, exp);
            } catch (const Error&) {
                // It has the other name already.
            }
        return 0;
    });
    EXPECT_TRUE(stands_for(exp, "a") || stands_for(other, "a"));
}

} // namespace aic::cache
