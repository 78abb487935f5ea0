// SPDX-License-Identifier: Apache-2.0
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/range_reader.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

namespace aic {

class RangeReaderTest : public ::testing::Test {
protected:
    RangeReader reader(std::stop_token stop = {}) const { return {file.get(), path, stop}; }

    const testing::TempDir directory;
    const std::filesystem::path path = directory / "file";
    /// Longer than a reader's buffer, with zeros at the end.
    const std::string text = std::string(3 << 20, 'a') + "b" + std::string(2 << 20, '\0');
    const Fd file = [this] {
        write_file(path, text);
        return open_file(path, O_RDONLY);
    }();
};

TEST_F(RangeReaderTest, a_range_has_the_hash_of_its_bytes) {
    for (const auto& [offset, length] :
         {std::pair<std::size_t, std::size_t>{0, text.size()}, {1, 2 << 20}, {3 << 20, 1}, {7, 0}})
        EXPECT_EQ(reader().hash_of(offset, length),
                  ContentHash::of(std::string_view(text).substr(offset, length)))
            << offset;
}

TEST_F(RangeReaderTest, zeros_are_nothing_else) {
    EXPECT_TRUE(reader().is_zero((3 << 20) + 1, 2 << 20));
    EXPECT_FALSE(reader().is_zero(3 << 20, 2 << 20));
    EXPECT_TRUE(reader().is_zero(0, 0));
}

TEST_F(RangeReaderTest, a_range_beyond_the_end_is_an_error) {
    EXPECT_THROW(reader().hash_of(text.size() - 1, 2), Error);
}

TEST_F(RangeReaderTest, it_can_be_stopped) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted, reader(stop.get_token()).hash_of(0, 1));
}

} // namespace aic
