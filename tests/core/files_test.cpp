// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>

namespace fs = std::filesystem;

namespace aic {

using testing::TempDir;

static std::size_t entries_in(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

TEST(AtomicFileTest, a_committed_file_is_there_whole_with_its_mode) {
    const TempDir dir;
    AtomicFile file(dir / "x", 0640);
    file.write(as_bytes("hello"));
    EXPECT_FALSE(fs::exists(dir / "x"));
    file.commit();
    EXPECT_EQ(read_file_if_exists(dir / "x", 100), "hello");
    EXPECT_EQ(fs::status(dir / "x").permissions(), fs::perms(0640));
    EXPECT_EQ(entries_in(dir.path()), 1U);
}

TEST(AtomicFileTest, of_two_new_files_the_first_stays) {
    const testing::TempDir dir;
    for (const auto& [text, wins] : {std::pair("first", true), std::pair("second", false)}) {
        AtomicFile file(dir / "x");
        file.write(as_bytes(text));
        EXPECT_EQ(file.commit_new(), wins);
    }
    EXPECT_EQ(read_file_if_exists(dir / "x", 100), "first");
    EXPECT_EQ(entries_of(dir.path()).size(), 1U);
}

TEST(AtomicFileTest, an_uncommitted_file_leaves_the_old_one_and_nothing_else) {
    const TempDir dir;
    write_file(dir / "x", "old");
    { AtomicFile(dir / "x").write(as_bytes("new")); }
    EXPECT_EQ(read_file_if_exists(dir / "x", 100), "old");
    EXPECT_EQ(entries_in(dir.path()), 1U);
}

TEST(FilesTest, a_file_that_is_not_there_is_nothing) {
    const TempDir dir;
    EXPECT_EQ(read_file_if_exists(dir / "nope", 10), std::nullopt);
}

TEST(FilesTest, a_failed_look_up_is_worth_another_where_its_directory_is_there) {
    const TempDir dir;
    write_file(dir / "file", "");
    EXPECT_TRUE(forget_failed_lookup(dir / "nope"));
    EXPECT_FALSE(forget_failed_lookup(dir / "nope/nothing"));
    EXPECT_FALSE(forget_failed_lookup(dir / "file/nothing"));
    EXPECT_FALSE(forget_failed_lookup("/"));
}

TEST(FilesTest, what_was_replaced_while_it_was_read_is_opened_again) {
    int opened = 0;
    const auto read = [&] {
        if (++opened < 3)
            throw error_from_errno(ESTALE, "examining 'x'").within("reading 'x'");
        return std::string("new");
    };
    EXPECT_EQ(reopening_if_stale("x", read), "new");
    EXPECT_EQ(opened, 3);
}

TEST(FilesTest, what_stays_stale_and_other_errors_are_said) {
    int opened = 0;
    const auto read = [&](int reason) {
        reopening_if_stale("x", [&] {
            ++opened;
            throw error_from_errno(reason, "examining 'x'");
        });
    };
    EXPECT_ERROR_SAYING(ErrorKind::system, "examining 'x': Stale file handle", read(ESTALE));
    EXPECT_GT(opened, 1);
    opened = 0;
    EXPECT_ERROR_SAYING(ErrorKind::system, "examining 'x': Input/output error", read(EIO));
    EXPECT_EQ(opened, 1);
}

TEST(FilesTest, a_file_beyond_its_limit_is_refused) {
    const TempDir dir;
    write_file(dir / "x", "hello");
    EXPECT_ERROR(ErrorKind::integrity, read_file_if_exists(dir / "x", 4));
}

TEST(FilesTest, new_directories_get_their_mode_whatever_the_umask) {
    const TempDir dir;
    const auto before = ::umask(0077);
    make_directories(dir / "a/b", 0750);
    ::umask(before);
    EXPECT_EQ(fs::status(dir / "a").permissions(), fs::perms(0750));
    EXPECT_EQ(fs::status(dir / "a/b").permissions(), fs::perms(0750));
}

TEST(FilesTest, unique_names_differ) {
    std::set<std::string> names;
    for (int i = 0; i < 1000; ++i)
        names.insert(unique_name());
    EXPECT_EQ(names.size(), 1000U);
}

TEST(WorkDirTest, it_is_gone_with_its_contents_afterwards) {
    const TempDir dir;
    {
        const WorkDir work(dir.path());
        fs::create_directories(work.path() / "a/b");
        EXPECT_EQ(entries_in(dir.path()), 1U);
    }
    EXPECT_EQ(entries_in(dir.path()), 0U);
}

TEST(WorkDirTest, one_in_use_is_not_abandoned) {
    const TempDir dir;
    const WorkDir work(dir.path());
    WorkDir::remove_abandoned(dir.path());
    EXPECT_TRUE(fs::exists(work.path()));
}

TEST(WorkDirTest, what_is_none_is_left_alone) {
    const TempDir dir;
    const TempDir elsewhere;
    write_file(elsewhere / "kept", "x");
    write_file(dir / "thesis.txt", "x");
    fs::create_directory(dir / "data");
    fs::create_directory_symlink(elsewhere.path(), dir / "gpu03.4711.0123456789abcdef");
    WorkDir::remove_abandoned(dir.path());
    EXPECT_TRUE(fs::exists(dir / "thesis.txt"));
    EXPECT_TRUE(fs::exists(dir / "data"));
    EXPECT_TRUE(fs::exists(elsewhere / "kept"));
}

TEST(RequirePrivateDirectoryTest, a_symlink_and_a_directory_that_others_write_to_are_refused) {
    const TempDir dir;
    fs::create_directory(dir / "own");
    require_private_directory(dir / "own");
    fs::create_directory_symlink(dir / "own", dir / "link");
    EXPECT_THROW(require_private_directory(dir / "link"), Error);
    fs::permissions(dir / "own", fs::perms(0777));
    EXPECT_ERROR(ErrorKind::denied, require_private_directory(dir / "own"));
}

TEST(WorkDirTest, that_of_a_killed_process_is_removed) {
    const TempDir dir;
    const auto child = ::fork();
    if (child == 0) {
        const WorkDir work(dir.path());
        ::_exit(0); // as a kill would: no destructor runs
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(entries_in(dir.path()), 1U);
    WorkDir::remove_abandoned(dir.path());
    EXPECT_EQ(entries_in(dir.path()), 0U);
}

} // namespace aic
