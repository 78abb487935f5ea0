// SPDX-License-Identifier: Apache-2.0
#include "cache/name_state.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/golden_file.hpp"
#include "tests/support/sealed.hpp"

namespace aic::cache {

const auto k_name = ImageName::parse("exp");

NameState state_of(std::uint64_t number, std::string_view image,
                   NameState::Kind kind = NameState::Kind::set) {
    return {.number = number,
            .name = k_name,
            .kind = kind,
            .id = ImageId(sha256_of(image)),
            .variant = "zstd1-128k",
            .directory = "/home/lab/exp",
            .changed_seconds = 1'700'000'000,
            .how = "pull docker.io/library/ubuntu:22.04",
            .reference = "docker.io/library/ubuntu:22.04"};
}

/// A history of images by their letters; '-' removes the name.
NameHistory history_of(std::string_view images) {
    NameHistory history;
    for (const char image : images)
        if (image == '-')
            history.push_back(state_of(history.size() + 1, "", NameState::Kind::removed));
        else
            history.push_back(state_of(history.size() + 1, std::string(1, image)));
    return history;
}

std::vector<std::uint64_t> numbers_of(const std::vector<const NameState*>& states) {
    std::vector<std::uint64_t> numbers;
    for (const auto* state : states)
        numbers.push_back(state->number);
    return numbers;
}

TEST(NameStateTest, the_format_is_that_of_the_golden_file) {
    testing::expect_golden("name-state.json", to_json(state_of(1, "image")));
}

TEST(NameStateTest, what_is_written_reads_back) {
    auto state = state_of(1, "image", NameState::Kind::removed);
    state.directory.reset();
    state.reference.reset();
    EXPECT_EQ(to_json(parse_name_state(to_json(state))), to_json(state));
}

TEST(NameStateTest, every_field_is_needed_and_has_its_type) {
    const auto whole = testing::fields_of(to_json(state_of(1, "image")));
    for (const auto& [name, value] : whole.items()) {
        auto lacking = whole;
        lacking.erase(name);
        EXPECT_ERROR_SAYING(ErrorKind::integrity, name, parse_name_state(testing::sealed(lacking)))
            << name;
        auto other = whole;
        other[name] = true;
        EXPECT_ERROR(ErrorKind::integrity, parse_name_state(testing::sealed(other))) << name;
    }
}

TEST(NameStateTest, planted_values_are_refused) {
    const std::pair<const char*, const char*> table[] = {
        {"name", "../x"}, {"state", "gone"},  {"variant", "../../x"}, {"variant", ".."},
        {"variant", ""},  {"id", "sha256:1"}, {"changed", "today"}};
    for (const auto& [name, value] : table) {
        auto object = testing::fields_of(to_json(state_of(1, "image")));
        object[name] = value;
        EXPECT_ERROR(ErrorKind::integrity, parse_name_state(testing::sealed(object)))
            << name << value;
    }
}

TEST(NameHistoryTest, a_name_keeps_its_image_and_the_three_different_ones_before) {
    EXPECT_EQ(numbers_of(kept_by(history_of("abcde"))), (std::vector<std::uint64_t>{5, 4, 3, 2}));
    EXPECT_EQ(numbers_of(kept_by(history_of("abbba"))), (std::vector<std::uint64_t>{5, 4}));
    EXPECT_EQ(numbers_of(kept_by(history_of("ab-c"))), (std::vector<std::uint64_t>{4, 2, 1}));
}

TEST(NameHistoryTest, a_removed_name_keeps_nothing) {
    EXPECT_TRUE(kept_by(history_of("ab-")).empty());
    EXPECT_TRUE(kept_by({}).empty());
    EXPECT_EQ(current_of(history_of("ab-")), nullptr);
}

TEST(NameHistoryTest, restoring_goes_to_the_last_other_image) {
    const std::pair<const char*, std::uint64_t> table[] = {{"ab", 1},  {"abb", 1}, {"aba", 2},
                                                           {"ab-", 2}, {"a-", 1},  {"a-b", 1}};
    for (const auto& [images, number] : table)
        EXPECT_EQ(restorable(history_of(images), k_name, {}).number, number) << images;
    EXPECT_EQ(restorable(history_of("abc"), k_name, 1).number, 1U);
}

TEST(NameHistoryTest, where_there_is_nothing_to_restore_it_says_so) {
    for (const char* images : {"", "a", "aa"})
        EXPECT_ERROR(ErrorKind::not_found, restorable(history_of(images), k_name, {})) << images;
    EXPECT_ERROR(ErrorKind::not_found, restorable(history_of("ab-"), k_name, 3));
    EXPECT_ERROR(ErrorKind::not_found, restorable(history_of("ab"), k_name, 7));
}

} // namespace aic::cache
