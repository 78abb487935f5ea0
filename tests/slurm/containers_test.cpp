// SPDX-License-Identifier: Apache-2.0
#include "slurm/containers.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace aic::slurm {
namespace {

namespace fs = std::filesystem;

class FindContainerTest : public ::testing::Test {
protected:
    FindContainerTest() {
        for (const char* name : {"pyxis_exp", "plain", "both", "pyxis_both"})
            fs::create_directories(dir_.path() / name / "etc");
    }

    Container find(const std::string& word) {
        return find_container(
            word, testing::fake_environment({{"ENROOT_DATA_PATH", dir_.path().native()}}));
    }

    std::optional<std::string> provenance(const std::string& rc) {
        std::ofstream(dir_.path() / "plain/etc/rc") << rc;
        return provenance_of(find("plain"));
    }

    const testing::TempDir dir_;
};

TEST_F(FindContainerTest, by_enroots_name_or_the_one_that_pyxis_was_given) {
    EXPECT_EQ(find("exp").name, "pyxis_exp");
    EXPECT_EQ(find("pyxis_exp").users_name(), "exp");
    EXPECT_EQ(find("plain").name, "plain");
    EXPECT_EQ(find((dir_.path() / "plain/").native()).root, dir_.path() / "plain");
}

TEST_F(FindContainerTest, a_word_for_two_of_them_is_refused) {
    EXPECT_ERROR_SAYING(ErrorKind::usage, "'both'", find("both"));
    EXPECT_EQ(find("pyxis_both").name, "pyxis_both");
}

TEST_F(FindContainerTest, what_is_there_is_named_where_one_is_not) {
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "there is no container 'none'", find("none"));
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "there is no directory", find("./nowhere"));
}

TEST_F(FindContainerTest, the_image_is_what_the_first_line_of_its_script_says) {
    EXPECT_EQ(provenance("# enroot-provenance: docker://nvcr.io#nvidia/cuda:12\n# x\n"),
              "nvcr.io#nvidia/cuda:12");
    EXPECT_EQ(provenance("# enroot-provenance: aic:sha256:01ab\n"), "sha256:01ab");
    EXPECT_EQ(provenance("# enroot-provenance: podman://x\n"), std::nullopt);
    EXPECT_EQ(provenance("mkdir -p /\n# enroot-provenance: docker://x\n"), std::nullopt);
}

} // namespace
} // namespace aic::slurm
