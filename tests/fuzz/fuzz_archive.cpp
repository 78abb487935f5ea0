// SPDX-License-Identifier: Apache-2.0
#include "core/bytes.hpp"
#include "oci/docker_archive.hpp"
#include "registry/tar_index.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

namespace {

using namespace aic;

/// Whatever is found lies in the archive.
void look_up(const registry::TarIndex& index, std::string_view path, std::uint64_t size_bytes) {
    fuzz::allow_error([&] {
        const auto* member = index.find(path);
        fuzz::require(!member || member->offset <= size_bytes);
        fuzz::require(!member || member->size_bytes <= size_bytes - member->offset);
    });
}

} // namespace

AIC_FUZZ_TEXT(text) {
    fuzz::allow_error([&] {
        const auto index = registry::TarIndex::read(
            [&](std::span<std::byte> buffer, std::uint64_t offset) {
                const auto rest = as_bytes(text).subspan(std::min(offset, text.size()));
                const auto count = std::min(rest.size(), buffer.size());
                std::ranges::copy(rest.first(count), buffer.begin());
                return count;
            },
            text.size());
        for (const auto* path : {"manifest.json", "a", "a/layer.tar", "b/layer.tar", ""})
            look_up(index, path, text.size());
    });
    fuzz::allow_error([&] {
        const auto images = oci::parse_docker_archive(text);
        for (const auto& image : images)
            oci::digest_in_name(image.config);
        oci::choose(images, "docker.io/library/x:1");
    });
}
