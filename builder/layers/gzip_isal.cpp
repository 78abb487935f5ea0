// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/gzip.hpp"
#include "core/error.hpp"

#include <isa-l.h>

#include <algorithm>

namespace aic::layers {

namespace {

/// ISA-L 2.30 leaves the upper halves of the vector registers in use, and all SSE code that follows
/// on the thread (OpenSSL's SHA-256, XXH3) waits for them: a third slower, until somebody says
/// this.
void clean_vector_registers() {
#if defined(__x86_64__)
    static const bool has_avx = __builtin_cpu_supports("avx");
    if (has_avx)
        asm volatile("vzeroupper" ::: "memory");
#endif
}

/// ISA-L's inflate: about twice zlib's speed in streams.
class IsalDecoder final : public Decoder {
public:
    IsalDecoder() { start_member(); }

    Step decode(std::span<const std::byte> in, std::span<std::byte> out) override {
        std::size_t skipped = 0;
        if (state_.block_state == ISAL_BLOCK_FINISH) {
            const auto next =
                std::find_if(in.begin(), in.end(), [](std::byte b) { return b != std::byte{0}; });
            skipped = static_cast<std::size_t>(next - in.begin());
            if (next == in.end())
                return {skipped, 0};
            start_member();
        }
        const auto rest = in.subspan(skipped);
        begun_ = begun_ || !rest.empty();
        state_.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(rest.data()));
        state_.avail_in = static_cast<std::uint32_t>(rest.size());
        state_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
        state_.avail_out = static_cast<std::uint32_t>(out.size());
        const int result = isal_inflate(&state_);
        clean_vector_registers();
        if (result < 0)
            throw Error(ErrorKind::integrity, "the gzip stream is damaged (ISA-L error {})",
                        result);
        return {skipped + rest.size() - state_.avail_in, out.size() - state_.avail_out};
    }

    void finish() const override {
        if (begun_ && state_.block_state != ISAL_BLOCK_FINISH)
            throw Error(ErrorKind::integrity, "the gzip stream is cut short");
    }

private:
    void start_member() {
        isal_inflate_init(&state_);
        state_.crc_flag = ISAL_GZIP;
        begun_ = false;
    }

    inflate_state state_;
    bool begun_ = false; ///< the member has seen a byte
};

} // namespace

std::unique_ptr<Decoder> make_isal_decoder() {
    return std::make_unique<IsalDecoder>();
}

} // namespace aic::layers
