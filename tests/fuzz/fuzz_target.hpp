// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// Runs the statements over a text. An aic::Error is a fine end, everything else is a find.
#define AIC_FUZZ_TEXT(text)                                                                        \
    static void fuzz_text(std::string_view text);                                                  \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {            \
        fuzz_text({reinterpret_cast<const char*>(data), size});                                    \
        return 0;                                                                                  \
    }                                                                                              \
    static void fuzz_text(std::string_view text)

namespace aic::fuzz {

/// Runs `body`, which may throw Error.
template <typename Body>
void allow_error(Body&& body) {
    try {
        body();
    } catch (const Error& error) {
        if (error.message().empty())
            std::abort();
    }
}

inline void require(bool condition) {
    if (!condition)
        std::abort();
}

} // namespace aic::fuzz
