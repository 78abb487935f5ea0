// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/enroot_file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

namespace aic::registry {

namespace fs = std::filesystem;

class EnrootFileTest : public ::testing::Test {
protected:
    std::string text() const { return read_file_if_exists(path_, 65536).value_or("none"); }

    mode_t mode() const { return fstat_of(open_file(path_, O_RDONLY).get(), path_).st_mode & 0777; }

    const testing::TempDir home_;
    const fs::path path_ = home_ / "config/enroot/.credentials";
};

TEST_F(EnrootFileTest, it_is_made_with_its_directory_and_for_the_owner_alone) {
    save_credentials(path_, "r.io:5000", {"me", Secret("pw")});
    EXPECT_EQ(text(), "machine r.io login me password pw\n");
    EXPECT_EQ(mode(), 0600U);
}

TEST_F(EnrootFileTest, ngc_needs_two_entries_and_docker_hub_the_one_of_its_token_server) {
    save_credentials(path_, "nvcr.io", {k_ngc_user, Secret("key")});
    save_credentials(path_, "docker.io", {"me", Secret("pw")});
    EXPECT_EQ(text(), "machine auth.docker.io login me password pw\n"
                      "machine authn.nvidia.com login $oauthtoken password key\n"
                      "machine nvcr.io login $oauthtoken password key\n");
}

TEST_F(EnrootFileTest, other_lines_stay_and_a_mode_that_was_too_open_is_mended) {
    fs::create_directories(path_.parent_path());
    write_file(path_, "# mine\nmachine a  login b password c\n", 0644);
    std::string warnings;
    set_log_handler([&](LogLevel, const std::string& message) { warnings += message; });
    save_credentials(path_, "r.io", {"me", Secret("pw")});
    set_log_handler({});
    EXPECT_EQ(text(), "machine r.io login me password pw\n# mine\nmachine a  login b password c\n");
    EXPECT_EQ(mode(), 0600U);
    EXPECT_NE(warnings.find("was open to others"), std::string::npos);
}

TEST_F(EnrootFileTest, a_link_stays_a_link) {
    fs::create_directories(path_.parent_path());
    write_file(home_ / "real", "", 0600);
    fs::create_symlink(home_ / "real", path_);
    save_credentials(path_, "r.io", {"me", Secret("pw")});
    EXPECT_TRUE(fs::is_symlink(path_));
    EXPECT_EQ(read_file_if_exists(home_ / "real", 100), "machine r.io login me password pw\n");
}

TEST_F(EnrootFileTest, a_password_that_enroot_would_run_is_refused_and_nothing_written) {
    EXPECT_ERROR(ErrorKind::usage, save_credentials(path_, "r.io", {"me", Secret("$(reboot)")}));
    EXPECT_EQ(text(), "none");
}

TEST_F(EnrootFileTest, removing_takes_all_names_of_a_registry) {
    save_credentials(path_, "nvcr.io", {k_ngc_user, Secret("key")});
    save_credentials(path_, "r.io", {"me", Secret("pw")});
    EXPECT_TRUE(remove_credentials(path_, "nvcr.io", ""));
    EXPECT_EQ(text(), "machine r.io login me password pw\n");
    EXPECT_FALSE(remove_credentials(path_, "nvcr.io", ""));
    EXPECT_FALSE(remove_credentials(path_, "r.io", "somebody else"));
}

TEST_F(EnrootFileTest, without_a_file_there_is_nothing_to_remove) {
    EXPECT_FALSE(remove_credentials(path_, "r.io", ""));
}

} // namespace aic::registry
