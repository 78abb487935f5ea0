// SPDX-License-Identifier: Apache-2.0
#include "builder/packing.hpp"

#include "builder/foreign/layer_reader.hpp"
#include "builder/import.hpp"

#include <algorithm>

namespace aic::builder {

std::string Packing::variant() const {
    return variant_name(compression.str(), block_bytes, name_of(profile));
}

bool has_foreign_segment(const cache::Record& record) {
    return std::ranges::any_of(record.segments, [](const auto& segment) {
        return segment.format == squashfs::k_foreign_segment_format;
    });
}

Packing packing_of(const cache::StoredImage& image) {
    const auto& record = image.record;
    const auto profile =
        record.profile == name_of(Profile::enroot) ? Profile::enroot : Profile::keep_ids;
    if (!has_foreign_segment(record))
        return {.compression = squashfs::Compression::parse_recorded(record.compression),
                .block_bytes = record.block_bytes,
                .profile = profile};
    squashfs::ImageReader reader(image.file());
    const auto foreign = foreign::compressor_of(reader);
    return {.compression = squashfs::compression_beside(foreign.id),
            .foreign = foreign,
            .block_bytes = record.block_bytes,
            .profile = profile};
}

} // namespace aic::builder
