// SPDX-License-Identifier: Apache-2.0
#include "core/bytes.hpp"
#include "tests/support/expect_error.hpp"

namespace aic {

TEST(BytesTest, read_all_hands_back_everything) {
    const std::string text(100'000, 'x');
    MemorySource source(as_bytes(text));
    EXPECT_EQ(as_text(read_all(source, text.size(), "it")), text);
}

TEST(BytesTest, read_all_refuses_one_byte_too_many) {
    MemorySource source(as_bytes("hello"));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "the letter", read_all(source, 4, "the letter"));
}

TEST(BytesTest, sizes_are_shown_in_powers_of_1000) {
    const std::pair<std::uint64_t, const char*> sizes[] = {{0, "0 B"},
                                                           {512, "512 B"},
                                                           {1000, "1.0 kB"},
                                                           {310'000'000, "310 MB"},
                                                           {9'800'000'000, "9.8 GB"},
                                                           {999'999, "1.0 MB"}};
    for (const auto& [size, shown] : sizes)
        EXPECT_EQ(human_size(size), shown);
}

TEST(BytesTest, sizes_are_read_in_powers_of_1024) {
    const std::pair<const char*, std::uint64_t> sizes[] = {
        {"0", 0},        {"131072", 131072},   {"128K", 131072}, {"128k", 131072},
        {"1M", 1 << 20}, {"2GiB", 2ULL << 30}, {"7B", 7},        {"3MB", 3 << 20}};
    for (const auto& [text, size] : sizes)
        EXPECT_EQ(parse_size(text), size) << text;
}

TEST(BytesTest, what_is_no_size_is_refused) {
    for (const char* text : {"", "K", "-1", "1.5M", "1X", "1KiBB", "1 K", "99999999999999999999",
                             "17179869184G", "1Ki"})
        EXPECT_ERROR(ErrorKind::usage, parse_size(text)) << text;
}

} // namespace aic
