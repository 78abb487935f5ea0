// SPDX-License-Identifier: Apache-2.0
#include "builder/generated_layer.hpp"

#include "builder/squashfs/segment_writer.hpp"

namespace aic::builder {

std::shared_ptr<const layers::LayerIndex> generate_layer(const std::vector<GeneratedFile>& files,
                                                         std::int64_t mtime_seconds,
                                                         const squashfs::SegmentTarget& target,
                                                         squashfs::CompressorPool& pool,
                                                         std::stop_token stop) {
    auto index = std::make_shared<layers::LayerIndex>();
    squashfs::SegmentWriter segment(target, pool);
    layers::EntryWriter entries(*index);
    for (const auto& file : files) {
        layers::LayerEntry entry{.path = file.path, .mode = 0644, .mtime_seconds = mtime_seconds};
        if (!file.text.empty()) {
            segment.begin(file.text.size());
            segment.write({as_bytes(file.text)}, stop);
            entry.content = segment.end(stop);
        }
        entries.append(entry);
    }
    segment.close(stop);
    index->segment = segment.finish();
    return index;
}

std::vector<std::shared_ptr<const layers::LayerIndex>>
layers_of(const std::vector<ImageFile::Segment>& segments) {
    std::vector<std::shared_ptr<const layers::LayerIndex>> layers;
    for (const auto& segment : segments)
        layers.push_back(segment.layer);
    return layers;
}

} // namespace aic::builder
