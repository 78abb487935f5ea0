// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/decoder.hpp"

#include <memory>
#include <span>

namespace aic::layers {

/// One way to inflate gzip.
struct GzipLibrary {
    const char* name;
    std::unique_ptr<Decoder> (*make_decoder)();
};

/// Those that this build has, the fastest first: ISA-L where it is there, and zlib.
std::span<const GzipLibrary> gzip_libraries();

std::unique_ptr<Decoder> make_isal_decoder(); ///< in a build with ISA-L
std::unique_ptr<Decoder> make_zlib_decoder();

} // namespace aic::layers
