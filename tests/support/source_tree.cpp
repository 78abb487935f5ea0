// SPDX-License-Identifier: Apache-2.0
#include "tests/support/source_tree.hpp"

#include "core/fd.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <random>

namespace fs = std::filesystem;

namespace aic::testing {

static std::string noise(std::size_t size) {
    std::minstd_rand random(1);
    std::string text(size, '\0');
    for (char& c : text)
        c = static_cast<char>('a' + random() % 10);
    return text;
}

/// Unlike write_file() without a sync: there are hundreds of files, and a tree for every test.
static void put_file(const fs::path& path, std::string_view text) {
    write_all(open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0644).get(), as_bytes(text), path);
}

void make_source_tree(const fs::path& directory) {
    fs::create_directories(directory / "deep" / "er" / "still");
    fs::create_directory(directory / "big");
    for (int i = 0; i < 600; ++i)
        put_file(directory / "big" / fmt::format("a rather long name, number {}", i),
                 std::to_string(i));
    put_file(directory / "small", "small");
    put_file(directory / "empty", "");
    put_file(directory / "large", noise(1'500'000));
    put_file(directory / "tail", noise(140'000));
    put_file(directory / "zeros", std::string(300'000, '\0'));
    fs::create_symlink("../small", directory / "deep" / "link");
    fs::create_symlink("/deep/er", directory / "absolute");
    fs::create_hard_link(directory / "small", directory / "hard");
    const auto sparse = open_file(directory / "sparse", O_RDWR | O_CREAT, 0600);
    pwrite_all(sparse.get(), as_bytes("end"), 2'000'000, "sparse");
    put_file(directory / "attributed", "attributed");
    ::setxattr((directory / "attributed").c_str(), "user.colour", "blue", 4, 0);
    ::mkfifo((directory / "fifo").c_str(), 0644);
}

} // namespace aic::testing
