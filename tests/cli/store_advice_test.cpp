// SPDX-License-Identifier: Apache-2.0
#include "cli/store_advice.hpp"

#include <gtest/gtest.h>

namespace aic::cli {

constexpr uid_t k_user = 1234;

static std::string hint(const Error& error, uid_t caller = k_user) {
    return with_store_advice(error, "/lab/store", caller).hint();
}

static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(StoreAdviceTest, a_full_store_is_to_be_cleaned_or_left) {
    const Error full(ErrorKind::no_space, "writing '/lab/store/u/1/tmp/x': Disk quota exceeded");
    EXPECT_TRUE(has(hint(full), "gc --purge")) << hint(full);
    EXPECT_TRUE(has(hint(full), "--store")) << hint(full);
}

TEST(StoreAdviceTest, a_store_that_can_not_be_written_is_still_of_use) {
    const Error denied(ErrorKind::denied, "opening '/lab/store/u/1': Read-only file system");
    EXPECT_TRUE(has(hint(denied), "AIC_IMAGE_ROOT")) << hint(denied);
    EXPECT_FALSE(has(hint(denied), "root may be nobody")) << hint(denied);
}

TEST(StoreAdviceTest, root_is_told_that_he_may_be_nobody) {
    const Error denied(ErrorKind::denied, "opening '/lab/store/u/0': Permission denied");
    EXPECT_TRUE(has(hint(denied, 0), "root may be nobody")) << hint(denied, 0);
}

TEST(StoreAdviceTest, what_is_no_matter_of_the_store_stays_as_it_is) {
    EXPECT_EQ(hint(Error(ErrorKind::no_space, "writing '/tmp/spool/x': No space left")), "");
    EXPECT_EQ(hint(Error(ErrorKind::integrity, "'/lab/store/x' is damaged")), "");
    const auto helpful = Error(ErrorKind::denied, "'/lab/store': no").with_hint("ask Anna");
    EXPECT_EQ(hint(helpful), "ask Anna");
}

} // namespace aic::cli
