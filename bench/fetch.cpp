// SPDX-License-Identifier: Apache-2.0
// Downloads the blobs of an image and checks their digests, as a pull does before it converts them:
//   bench_fetch REFERENCE DIRECTORY
// What bench/download holds against `skopeo copy docker://… dir:…`.

#include "core/config.hpp"
#include "core/error.hpp"
#include "registry/image_source.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

void fetch(const char* text, const std::filesystem::path& directory) {
    using namespace aic;
    const auto reference = oci::Reference::parse(text);
    const auto source = registry::open_source(reference, Config{}, environment_variable);
    const auto image = source->resolve(oci::Platform::host(), {});
    std::vector<registry::BlobRequest> blobs;
    for (const auto& layer : image.manifest.layers)
        blobs.push_back({layer});
    std::filesystem::create_directories(directory);
    source->config_json(image.manifest.config, {});
    source->fetch(blobs, directory, [](std::size_t, const registry::BlobFile&) {}, {});
}

} // namespace

int main(int count, char** words) {
    if (count != 3) {
        fmt::print(stderr, "usage: bench_fetch REFERENCE DIRECTORY\n");
        return 2;
    }
    try {
        fetch(words[1], words[2]);
    } catch (const std::exception& error) {
        fmt::print(stderr, "error: {}\n", error.what());
        return 1;
    }
    return 0;
}
