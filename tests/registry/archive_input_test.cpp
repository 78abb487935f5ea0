// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "core/files.hpp"
#include "registry/archive_input.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/temp_dir.hpp"

#include <unistd.h>

#include <array>
#include <thread>

namespace fs = std::filesystem;

namespace aic::registry {

class ArchiveInputTest : public ::testing::Test {
protected:
    ArchiveInputTest() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw system_error("making a pipe");
        reader_ = Fd(ends[0]);
        writer_ = Fd(ends[1]);
    }

    /// Writes the pieces from another thread, and closes the pipe.
    std::jthread feed(std::vector<std::string> pieces) {
        return std::jthread([writer = std::move(writer_), pieces = std::move(pieces)] {
            for (const auto& piece : pieces)
                write_all(writer.get(), as_bytes(piece), "the pipe");
        });
    }

    BlobFile open(std::stop_token stop = {}) {
        return open_archive_input(reader_.get(), spool_, stop);
    }

    static std::string text_of(const BlobFile& file) {
        std::string bytes(file.size_bytes.value(), '\0');
        pread_exact(file.fd->get(), std::as_writable_bytes(std::span(bytes)), file.offset,
                    file.path);
        return bytes;
    }

    const testing::TempDir dir_;
    const fs::path spool_ = dir_ / "spool";
    Fd reader_;
    Fd writer_;
};

TEST_F(ArchiveInputTest, a_pipe_is_copied_to_a_file_without_a_name) {
    const std::string large(3'000'000, 'x');
    const auto feeder = feed({"a", "b", large, "c"});
    const auto file = open();
    EXPECT_EQ(text_of(file), "ab" + large + "c");
    EXPECT_TRUE(fs::is_empty(spool_));
}

TEST_F(ArchiveInputTest, a_pipe_may_bring_next_to_nothing) {
    const auto feeder = feed({"abc"});
    EXPECT_EQ(text_of(open()), "abc");
}

TEST_F(ArchiveInputTest, a_compressed_pipe_is_refused_before_it_is_copied) {
    const auto start = testing::gzip("x").substr(0, 10);
    write_all(writer_.get(), as_bytes(start), "the pipe"); // and it stays open
    EXPECT_ERROR_SAYING(ErrorKind::usage, "compressed with gzip", open());
}

TEST_F(ArchiveInputTest, a_file_is_read_where_it_is_from_its_present_position) {
    write_file(dir_ / "file", "before the archive");
    const auto file = open_file(dir_ / "file", O_RDONLY);
    ASSERT_EQ(::lseek(file.get(), 7, SEEK_SET), 7);
    const auto input = open_archive_input(file.get(), spool_, {});
    EXPECT_EQ(text_of(input), "the archive");
    EXPECT_FALSE(fs::exists(spool_));
}

TEST_F(ArchiveInputTest, waiting_for_a_pipe_ends_with_a_stop) {
    std::stop_source stop;
    const std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_ERROR(ErrorKind::interrupted, open(stop.get_token()));
}

} // namespace aic::registry
