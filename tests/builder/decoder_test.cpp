// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/decoder.hpp"
#include "builder/layers/gzip.hpp"
#include "core/bytes.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/layer_builder.hpp"

#include <random>

namespace aic::layers {

using testing::gzip;
using testing::zstd;
using testing::zstd_skippable;

/// Text that does not compress to nothing.
std::string some_text(std::size_t size) {
    std::minstd_rand random(1);
    std::string text;
    while (text.size() < size)
        text += "word" + std::to_string(random() % 1000) + " ";
    text.resize(size);
    return text;
}

/// The streams of all encodings, gzip with each library that there is.
class DecoderTest : public ::testing::TestWithParam<GzipLibrary> {
protected:
    std::string decoded(std::string_view stream, std::size_t in_bytes = 4096,
                        std::size_t out_bytes = 4096) const;
};

void PrintTo(const GzipLibrary& library, std::ostream* out) {
    *out << library.name;
}

INSTANTIATE_TEST_SUITE_P(Libraries, DecoderTest, ::testing::ValuesIn(gzip_libraries()),
                         [](const auto& library) {
                             return library.param.name == std::string("ISA-L") ? "isal" : "zlib";
                         });

/// Decodes with buffers of these sizes.
std::string DecoderTest::decoded(std::string_view stream, std::size_t in_bytes,
                                 std::size_t out_bytes) const {
    const auto encoding = detect_encoding(as_bytes(stream));
    const auto decoder =
        encoding == Encoding::gzip ? GetParam().make_decoder() : make_decoder(encoding);
    std::string out;
    Bytes buffer(out_bytes);
    const auto step = [&](std::string_view in) {
        const auto [consumed, produced] = decoder->decode(as_bytes(in), buffer);
        out += as_text(std::span(buffer).first(produced));
        return std::pair(consumed, produced);
    };
    while (!stream.empty()) {
        const auto [consumed, produced] = step(stream.substr(0, in_bytes));
        if (consumed == 0 && produced == 0)
            throw Error(ErrorKind::system, "the decoder stands still");
        stream.remove_prefix(consumed);
    }
    while (step("").second > 0) {
    }
    decoder->finish();
    return out;
}

struct Stream {
    const char* name;
    std::string bytes;
    std::string text;
};

std::vector<Stream> good_streams() {
    const auto text = some_text(100'000);
    return {
        {"plain", "abc", "abc"},
        {"nothing", "", ""},
        {"gzip", gzip(text), text},
        {"empty gzip", gzip(""), ""},
        {"gzip of zeros", gzip(std::string(300'000, '\0')), std::string(300'000, '\0')},
        {"several gzip members", gzip(text) + gzip("") + gzip("end"), text + "end"},
        {"gzip with zero padding", gzip(text) + std::string(700, '\0'), text},
        {"padding between gzip members", gzip("a") + std::string(10, '\0') + gzip("b"), "ab"},
        {"zstd", zstd(text), text},
        {"empty zstd", zstd(""), ""},
        {"several zstd frames", zstd(text) + zstd("") + zstd("end"), text + "end"},
        {"skippable frames", zstd_skippable("x") + zstd(text) + zstd_skippable(text) + zstd("end"),
         text + "end"},
    };
}

TEST_P(DecoderTest, good_streams_are_decoded_whole) {
    for (const auto& stream : good_streams())
        EXPECT_TRUE(decoded(stream.bytes) == stream.text) << stream.name;
}

TEST_P(DecoderTest, buffers_of_any_size_give_the_same) {
    for (const auto& stream : good_streams())
        for (const auto& [in, out] :
             {std::pair<std::size_t, std::size_t>{1, 4096}, {4096, 1}, {3, 7}, {1 << 20, 1 << 20}})
            EXPECT_TRUE(decoded(stream.bytes, in, out) == stream.text)
                << stream.name << " " << in << " " << out;
}

TEST_P(DecoderTest, a_stream_cut_short_is_refused) {
    const auto text = some_text(10'000);
    for (const auto& stream : {gzip(text), zstd(text), gzip("a") + gzip(text)})
        for (const auto cut : {stream.size() - 1, stream.size() - 5, stream.size() - 9,
                               stream.size() / 2 + 20, std::size_t{30}})
            EXPECT_ERROR(ErrorKind::integrity, decoded(stream.substr(0, cut))) << cut;
}

TEST_P(DecoderTest, a_flipped_bit_in_gzip_is_found) {
    const auto text = some_text(10'000);
    const auto good = gzip(text);
    for (std::size_t at = 10; at < good.size(); at += 97) {
        auto bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x10);
        EXPECT_ERROR(ErrorKind::integrity, decoded(bad)) << at;
    }
}

TEST_P(DecoderTest, a_flipped_bit_in_gzips_sum_or_size_is_found) {
    const auto good = gzip("hello");
    for (std::size_t from_end = 1; from_end <= 8; ++from_end) {
        auto bad = good;
        bad[bad.size() - from_end] = static_cast<char>(bad[bad.size() - from_end] ^ 1);
        EXPECT_ERROR(ErrorKind::integrity, decoded(bad)) << from_end;
    }
}

TEST_P(DecoderTest, a_damaged_zstd_header_is_found) {
    auto bad = zstd(some_text(10'000));
    bad.replace(4, 8, 8, '\xff');
    EXPECT_ERROR(ErrorKind::integrity, decoded(bad));
}

TEST_P(DecoderTest, garbage_after_a_stream_is_refused) {
    EXPECT_ERROR(ErrorKind::integrity, decoded(gzip("abc") + "garbage beyond"));
    EXPECT_ERROR(ErrorKind::integrity, decoded(zstd("abc") + "garbage beyond"));
}

TEST(EncodingTest, are_told_by_the_first_bytes) {
    EXPECT_EQ(detect_encoding(as_bytes(gzip("x"))), Encoding::gzip);
    EXPECT_EQ(detect_encoding(as_bytes(zstd("x"))), Encoding::zstd);
    EXPECT_EQ(detect_encoding(as_bytes(zstd_skippable("x"))), Encoding::zstd);
    EXPECT_EQ(detect_encoding(as_bytes("some tar")), Encoding::plain);
    EXPECT_EQ(detect_encoding(as_bytes("\x1f\x8b")), Encoding::plain);
}

} // namespace aic::layers
