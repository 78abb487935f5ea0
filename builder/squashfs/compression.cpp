// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/compression.hpp"

#include "core/error.hpp"

#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include <charconv>

namespace aic::squashfs {

namespace {

constexpr int k_default_zstd_level = 1;
constexpr int k_default_gzip_level = 9;
constexpr int k_mksquashfs_zstd_level = 15;

struct LevelRange {
    int lowest, highest, fallback;
};

LevelRange levels_of(CompressionKind kind) {
    switch (kind) {
    case CompressionKind::zstd:
        return {1, 22, k_default_zstd_level};
    case CompressionKind::gzip:
        return {1, 9, k_default_gzip_level};
    default:
        return {0, 0, 0};
    }
}

std::optional<CompressionKind> kind_named(std::string_view name) {
    if (name == "zstd")
        return CompressionKind::zstd;
    if (name == "lz4")
        return CompressionKind::lz4;
    if (name == "gzip")
        return CompressionKind::gzip;
    if (name == "none")
        return CompressionKind::none;
    return std::nullopt;
}

std::string_view name_of_kind(CompressionKind kind) {
    switch (kind) {
    case CompressionKind::zstd:
        return "zstd";
    case CompressionKind::lz4:
        return "lz4";
    case CompressionKind::gzip:
        return "gzip";
    case CompressionKind::none:
        return "none";
    }
    return "none";
}

class ZstdCompressor final : public BlockCompressor {
public:
    explicit ZstdCompressor(int level) : context_(ZSTD_createCCtx()) {
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    }

    std::optional<std::size_t> compress(std::span<const std::byte> block,
                                        std::span<std::byte> out) override {
        // One byte less than the input: what would not shrink fails early.
        const auto size = ZSTD_compress2(context_.get(), out.data(), block.size() - 1, block.data(),
                                         block.size());
        if (ZSTD_isError(size))
            return std::nullopt;
        return size;
    }

private:
    struct Free {
        void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    };

    std::unique_ptr<ZSTD_CCtx, Free> context_;
};

class Lz4Compressor final : public BlockCompressor {
public:
    std::optional<std::size_t> compress(std::span<const std::byte> block,
                                        std::span<std::byte> out) override {
        const int size = LZ4_compress_default(
            reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
            static_cast<int>(block.size()), static_cast<int>(block.size() - 1));
        if (size <= 0)
            return std::nullopt;
        return static_cast<std::size_t>(size);
    }
};

class GzipCompressor final : public BlockCompressor {
public:
    explicit GzipCompressor(int level) {
        if (deflateInit(&stream_, level) != Z_OK)
            throw Error(ErrorKind::system, "zlib does not start");
    }

    GzipCompressor(const GzipCompressor&) = delete;
    GzipCompressor& operator=(const GzipCompressor&) = delete;

    ~GzipCompressor() override { deflateEnd(&stream_); }

    std::optional<std::size_t> compress(std::span<const std::byte> block,
                                        std::span<std::byte> out) override {
        deflateReset(&stream_);
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(block.data()));
        stream_.avail_in = static_cast<uInt>(block.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(block.size() - 1);
        if (deflate(&stream_, Z_FINISH) != Z_STREAM_END)
            return std::nullopt;
        return stream_.total_out;
    }

private:
    z_stream stream_{};
};

class NoCompressor final : public BlockCompressor {
public:
    std::optional<std::size_t> compress(std::span<const std::byte>, std::span<std::byte>) override {
        return std::nullopt;
    }
};

} // namespace

Compression Compression::parse(std::string_view text) {
    const auto colon = text.find(':');
    const auto kind = kind_named(text.substr(0, colon));
    if (!kind)
        throw Error(ErrorKind::usage,
                    "'{}' is no compression; there are zstd[:level], lz4, gzip[:level], none",
                    text);
    const auto range = levels_of(*kind);
    int level = range.fallback;
    if (colon != std::string_view::npos) {
        const auto digits = text.substr(colon + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), level);
        if (error != std::errc() || end != digits.data() + digits.size() || level < range.lowest
            || level > range.highest)
            throw Error(ErrorKind::usage, "'{}': {} takes {}", text, name_of_kind(*kind),
                        range.highest > 0
                            ? fmt::format("a level from {} to {}", range.lowest, range.highest)
                            : std::string("no level"));
    }
    return {*kind, level};
}

std::string Compression::str() const {
    return level > 0 ? fmt::format("{}{}", name_of_kind(kind), level)
                     : std::string(name_of_kind(kind));
}

Compression Compression::parse_recorded(std::string_view text) {
    for (const auto kind : {CompressionKind::none, CompressionKind::gzip, CompressionKind::lz4,
                            CompressionKind::zstd}) {
        const auto levels = levels_of(kind);
        for (int level = levels.lowest; level <= levels.highest; ++level)
            if (const Compression compression{kind, level}; compression.str() == text)
                return compression;
    }
    throw Error(ErrorKind::integrity, "'{}' is no compression of ours", text);
}

CompressorId Compression::id() const {
    switch (kind) {
    case CompressionKind::zstd:
        return CompressorId::zstd;
    case CompressionKind::lz4:
        return CompressorId::lz4;
    default:
        return CompressorId::gzip; // which every reader has; with `none` it never comes to
                                   // decompress
    }
}

Bytes Compression::options() const {
    Bytes options;
    if (kind == CompressionKind::zstd && level != k_mksquashfs_zstd_level) {
        put(options, static_cast<std::uint32_t>(level));
    } else if (kind == CompressionKind::lz4) {
        put(options, std::uint32_t{1}); // version "legacy": mandatory
        put(options, std::uint32_t{0});
    } else if (kind == CompressionKind::gzip && level != k_default_gzip_level) {
        put(options, static_cast<std::uint32_t>(level));
        put(options, std::uint16_t{15}); // window
        put(options, std::uint16_t{0});  // strategies
    }
    return options;
}

std::unique_ptr<BlockCompressor> make_compressor(const Compression& compression) {
    switch (compression.kind) {
    case CompressionKind::zstd:
        return std::make_unique<ZstdCompressor>(compression.level);
    case CompressionKind::lz4:
        return std::make_unique<Lz4Compressor>();
    case CompressionKind::gzip:
        return std::make_unique<GzipCompressor>(compression.level);
    case CompressionKind::none:
        return std::make_unique<NoCompressor>();
    }
    return nullptr;
}

} // namespace aic::squashfs
