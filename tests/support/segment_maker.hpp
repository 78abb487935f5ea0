// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/segment_writer.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "tests/support/temp_dir.hpp"

#include <functional>
#include <string>
#include <vector>

namespace aic::testing {

/// A segment and the bytes it has on disk.
struct MadeSegment {
    squashfs::SegmentData data;
    std::string bytes;
};

struct SegmentSettings {
    unsigned threads = 1;
    squashfs::Compression compression = {};
    std::uint32_t block_bytes = 4096;
    std::uint64_t offset = 0;
};

/// Runs a SegmentWriter; `fill` is what is done before close().
inline MadeSegment
make_segment(const SegmentSettings& settings,
             const std::function<void(squashfs::SegmentWriter&, std::stop_token)>& fill) {
    const TempDir directory;
    const auto path = directory / "segment";
    const auto file = open_file(path, O_RDWR | O_CREAT);
    Crew crew(settings.threads - 1);
    squashfs::CompressorPool pool(crew, settings.compression, settings.block_bytes);
    squashfs::SegmentWriter writer({file.get(), path, settings.offset, nullptr}, pool);
    fill(writer, {});
    writer.close({});
    MadeSegment made{writer.finish(), {}};
    made.bytes.resize(made.data.length_bytes);
    pread_exact(file.get(), std::as_writable_bytes(std::span(made.bytes)), settings.offset, path);
    return made;
}

/// The same for whole files, none of them empty.
inline MadeSegment make_segment(const SegmentSettings& settings,
                                const std::vector<std::string>& files) {
    return make_segment(settings, [&](squashfs::SegmentWriter& writer, std::stop_token stop) {
        for (const auto& file : files) {
            writer.begin(file.size());
            writer.write({as_bytes(file)}, stop);
            writer.end(stop);
        }
    });
}

} // namespace aic::testing
