// SPDX-License-Identifier: Apache-2.0
#include "registry/image_source.hpp"

#include "registry/archive_source.hpp"
#include "registry/engine_image.hpp"
#include "registry/oci_layout.hpp"
#include "registry/registry_source.hpp"

namespace aic::registry {

std::unique_ptr<ImageSource> open_source(const oci::Reference& reference, const Config& config,
                                         const Environment& environment) {
    if (const auto* layout = reference.layout())
        return std::make_unique<LayoutSource>(*layout);
    const auto& spool = config.spool.value;
    if (const auto* archive = reference.archive())
        return std::make_unique<ArchiveSource>([archive = *archive, spool](std::stop_token stop) {
            return open_archive(archive, spool, stop);
        });
    if (const auto* image = reference.engine())
        return std::make_unique<ArchiveSource>([image = *image, spool](std::stop_token stop) {
            return open_engine_image(image, spool, stop);
        });
    return std::make_unique<RegistrySource>(*reference.registry(), config, environment);
}

} // namespace aic::registry
