// SPDX-License-Identifier: Apache-2.0
#include "cli/reference_argument.hpp"
#include "core/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/sample_store.hpp"

namespace aic::cli {

class KnownReferenceTest : public ::testing::Test {
protected:
    KnownReferenceTest() {
        for (const char* reference :
             {"r.io/lab/x:1.9", "r.io/lab/x:1.10", "r.io/lab/x:1.11-rc1", "r.io/lab/xy:2.0",
              "r.io:5000/lab/x:3.0", "docker.io/lab/x:4.0", "oci:r.io/lab/x:5.0"})
            sample_.store.write_reference({.reference = reference}, oci::Platform::host());
    }

    std::string chosen(std::string_view text) {
        return choose_known_reference(text, cache::Library(sample_.store)).str();
    }

    testing::SampleStore sample_;
};

TEST_F(KnownReferenceTest, a_pattern_is_the_newest_version_that_was_pulled) {
    EXPECT_EQ(chosen("r.io#lab/x:1.*"), "r.io/lab/x:1.11-rc1");
    EXPECT_EQ(chosen("r.io/lab/x:1.?"), "r.io/lab/x:1.9");
    EXPECT_EQ(chosen("r.io:5000/lab/x:*"), "r.io:5000/lab/x:3.0");
    EXPECT_EQ(chosen("lab/x:*"), "docker.io/lab/x:4.0");
}

TEST_F(KnownReferenceTest, a_pattern_that_nothing_fits_is_not_found) {
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "lab/x that was pulled fits '7*'",
                        chosen("r.io/lab/x:7*"));
    EXPECT_ERROR(ErrorKind::not_found, chosen("r.io/lab/z:*"));
}

TEST_F(KnownReferenceTest, what_is_no_pattern_stands_for_itself) {
    EXPECT_EQ(chosen("r.io/lab/unknown:1"), "r.io/lab/unknown:1");
    EXPECT_EQ(chosen("oci:dir*"), "oci:dir*");
}

} // namespace aic::cli
