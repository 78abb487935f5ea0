// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/gzip.hpp"
#include "core/error.hpp"

#include <zlib.h>

#include <algorithm>

namespace aic::layers {

namespace {

/// zlib's inflate, for machines without ISA-L.
class ZlibDecoder final : public Decoder {
public:
    ZlibDecoder() {
        constexpr int k_gzip_wrapper = 16 + MAX_WBITS;
        if (inflateInit2(&stream_, k_gzip_wrapper) != Z_OK)
            throw Error(ErrorKind::system, "zlib does not start");
    }

    ZlibDecoder(const ZlibDecoder&) = delete;
    ZlibDecoder& operator=(const ZlibDecoder&) = delete;

    ~ZlibDecoder() override { inflateEnd(&stream_); }

    Step decode(std::span<const std::byte> in, std::span<std::byte> out) override {
        std::size_t skipped = 0;
        if (member_ended_) {
            const auto next =
                std::find_if(in.begin(), in.end(), [](std::byte b) { return b != std::byte{0}; });
            skipped = static_cast<std::size_t>(next - in.begin());
            if (next == in.end())
                return {skipped, 0};
            inflateReset(&stream_);
            member_ended_ = begun_ = false;
        }
        const auto rest = in.subspan(skipped);
        begun_ = begun_ || !rest.empty();
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(rest.data()));
        stream_.avail_in = static_cast<uInt>(rest.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        const int result = inflate(&stream_, Z_NO_FLUSH);
        member_ended_ = result == Z_STREAM_END;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            throw Error(ErrorKind::integrity, "the gzip stream is damaged ({})",
                        stream_.msg ? stream_.msg : "no detail");
        return {skipped + rest.size() - stream_.avail_in, out.size() - stream_.avail_out};
    }

    void finish() const override {
        if (begun_ && !member_ended_)
            throw Error(ErrorKind::integrity, "the gzip stream is cut short");
    }

private:
    z_stream stream_{};
    bool member_ended_ = false;
    bool begun_ = false;
};

} // namespace

std::unique_ptr<Decoder> make_zlib_decoder() {
    return std::make_unique<ZlibDecoder>();
}

} // namespace aic::layers
