// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/compression.hpp"
#include "core/error.hpp"

#include <lz4.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <zlib.h>
#include <zstd.h>

namespace aic::squashfs {

namespace {

[[noreturn]] void damaged(std::string_view compressor) {
    throw Error(ErrorKind::integrity, "a {} block is damaged", compressor);
}

class ZstdDecompressor final : public BlockDecompressor {
public:
    std::size_t decompress(std::span<const std::byte> block, std::span<std::byte> out) override {
        const auto size =
            ZSTD_decompressDCtx(context_.get(), out.data(), out.size(), block.data(), block.size());
        if (ZSTD_isError(size))
            damaged("zstd");
        return size;
    }

private:
    struct Free {
        void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    };

    std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
};

class Lz4Decompressor final : public BlockDecompressor {
public:
    std::size_t decompress(std::span<const std::byte> block, std::span<std::byte> out) override {
        const int size = LZ4_decompress_safe(
            reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
            static_cast<int>(block.size()), static_cast<int>(out.size()));
        if (size < 0)
            damaged("lz4");
        return static_cast<std::size_t>(size);
    }
};

class GzipDecompressor final : public BlockDecompressor {
public:
    std::size_t decompress(std::span<const std::byte> block, std::span<std::byte> out) override {
        uLongf size = out.size();
        if (uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                       reinterpret_cast<const Bytef*>(block.data()), block.size())
            != Z_OK)
            damaged("gzip");
        return size;
    }
};

class LzoDecompressor final : public BlockDecompressor {
public:
    LzoDecompressor() {
        if (lzo_init() != LZO_E_OK)
            throw Error(ErrorKind::system, "liblzo2 does not start");
    }

    std::size_t decompress(std::span<const std::byte> block, std::span<std::byte> out) override {
        lzo_uint size = out.size();
        if (lzo1x_decompress_safe(reinterpret_cast<const unsigned char*>(block.data()),
                                  block.size(), reinterpret_cast<unsigned char*>(out.data()), &size,
                                  nullptr)
            != LZO_E_OK)
            damaged("lzo");
        return size;
    }
};

/// xz streams, and the "alone" format of the old lzma compressor.
class LzmaDecompressor final : public BlockDecompressor {
public:
    explicit LzmaDecompressor(CompressorId id) : id_(id) {}

    std::size_t decompress(std::span<const std::byte> block, std::span<std::byte> out) override {
        // A block is at most 1 MiB, so an honest dictionary is no larger than that either.
        constexpr std::uint64_t k_memory_limit = 16U << 20;
        lzma_stream stream = LZMA_STREAM_INIT;
        const auto started = id_ == CompressorId::xz
                                 ? lzma_stream_decoder(&stream, k_memory_limit, 0)
                                 : lzma_alone_decoder(&stream, k_memory_limit);
        stream.next_in = reinterpret_cast<const std::uint8_t*>(block.data());
        stream.avail_in = block.size();
        stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
        stream.avail_out = out.size();
        const auto result = started == LZMA_OK ? lzma_code(&stream, LZMA_FINISH) : started;
        const auto size = stream.total_out;
        lzma_end(&stream);
        // mksquashfs writes lzma blocks with their size in the header and no end mark.
        const bool complete = result == LZMA_STREAM_END
                              || (id_ == CompressorId::lzma && result == LZMA_OK && size > 0);
        if (!complete)
            damaged(id_ == CompressorId::xz ? "xz" : "lzma");
        return size;
    }

private:
    CompressorId id_;
};

} // namespace

std::unique_ptr<BlockDecompressor> make_decompressor(CompressorId id) {
    switch (id) {
    case CompressorId::gzip:
        return std::make_unique<GzipDecompressor>();
    case CompressorId::lzo:
        return std::make_unique<LzoDecompressor>();
    case CompressorId::lz4:
        return std::make_unique<Lz4Decompressor>();
    case CompressorId::zstd:
        return std::make_unique<ZstdDecompressor>();
    case CompressorId::xz:
    case CompressorId::lzma:
        return std::make_unique<LzmaDecompressor>(id);
    }
    throw Error(ErrorKind::integrity, "compressor number {} is none of squashfs 4.0",
                static_cast<unsigned>(id));
}

} // namespace aic::squashfs
