// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/decoder.hpp"

#include "builder/layers/gzip.hpp"
#include "core/error.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace aic::layers {

namespace {

class PlainDecoder final : public Decoder {
public:
    Step decode(std::span<const std::byte> in, std::span<std::byte> out) override {
        const auto count = std::min(in.size(), out.size());
        std::copy_n(in.begin(), count, out.begin());
        return {count, count};
    }

    void finish() const override {}
};

class ZstdDecoder final : public Decoder {
public:
    Step decode(std::span<const std::byte> in, std::span<std::byte> out) override {
        ZSTD_inBuffer input{in.data(), in.size(), 0};
        ZSTD_outBuffer output{out.data(), out.size(), 0};
        const auto result = ZSTD_decompressStream(context_.get(), &output, &input);
        if (ZSTD_isError(result))
            throw Error(ErrorKind::integrity, "the zstd stream is damaged: {}",
                        ZSTD_getErrorName(result));
        if (input.pos > 0 || output.pos > 0)
            between_frames_ = result == 0;
        return {input.pos, output.pos};
    }

    void finish() const override {
        if (!between_frames_)
            throw Error(ErrorKind::integrity, "the zstd stream is cut short");
    }

private:
    struct Free {
        void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    };

    std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
    bool between_frames_ = true;
};

} // namespace

std::span<const GzipLibrary> gzip_libraries() {
    static constexpr GzipLibrary k_libraries[] = {
#ifdef AIC_HAS_ISAL
        {"ISA-L", make_isal_decoder},
#endif
        {"zlib", make_zlib_decoder},
    };
    return k_libraries;
}

std::string_view name_of(Encoding encoding) {
    switch (encoding) {
    case Encoding::plain:
        return "plain";
    case Encoding::gzip:
        return "gzip";
    case Encoding::zstd:
        return "zstd";
    }
    return "plain";
}

Encoding detect_encoding(std::span<const std::byte> first_bytes) {
    if (first_bytes.size() < 4)
        return Encoding::plain;
    std::uint32_t magic;
    std::memcpy(&magic, first_bytes.data(), sizeof magic);
    if ((magic & 0xFFFF) == 0x8b1f)
        return Encoding::gzip;
    constexpr std::uint32_t k_zstd_frame = 0xFD2FB528, k_zstd_skippable = 0x184D2A50;
    if (magic == k_zstd_frame || (magic & 0xFFFFFFF0) == k_zstd_skippable)
        return Encoding::zstd;
    return Encoding::plain;
}

std::unique_ptr<Decoder> make_decoder(Encoding encoding) {
    switch (encoding) {
    case Encoding::gzip:
        return gzip_libraries().front().make_decoder();
    case Encoding::zstd:
        return std::make_unique<ZstdDecoder>();
    case Encoding::plain:
        break;
    }
    return std::make_unique<PlainDecoder>();
}

} // namespace aic::layers
