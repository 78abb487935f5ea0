// SPDX-License-Identifier: Apache-2.0
#include "builder/import_plan.hpp"

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/log.hpp"
#include "registry/spool.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace fs = std::filesystem;

namespace aic::builder {

namespace {

std::uint64_t size_of(const std::vector<oci::Descriptor>& blobs) {
    return std::accumulate(
        blobs.begin(), blobs.end(), std::uint64_t{0},
        [](std::uint64_t sum, const auto& blob) { return sum + blob.size_bytes; });
}

} // namespace

std::vector<oci::Descriptor> unique_layers(const oci::Manifest& manifest) {
    std::vector<oci::Descriptor> layers;
    std::set<Digest> seen;
    for (const auto& layer : manifest.layers)
        if (seen.insert(layer.digest).second)
            layers.push_back(layer);
    return layers;
}

std::vector<oci::Descriptor> layers_to_fetch(const oci::Manifest& manifest,
                                             const oci::ImageConfig& config,
                                             const std::map<DiffId, Donor>& donors) {
    std::set<Digest> here;
    for (std::size_t i = 0; i < std::min(manifest.layers.size(), config.diff_ids.size()); ++i)
        if (donors.contains(config.diff_ids[i]))
            here.insert(manifest.layers[i].digest);
    auto rest = unique_layers(manifest);
    std::erase_if(rest, [&](const auto& layer) { return here.contains(layer.digest); });
    return rest;
}

ImportPlan plan_import(std::string reference, const registry::ResolvedImage& image,
                       const oci::ImageConfig& config, const std::map<DiffId, Donor>& donors) {
    const auto total_bytes = size_of(unique_layers(image.manifest));
    return {.reference = std::move(reference),
            .platform = config.platform,
            .manifest_digest = image.manifest_digest,
            .layer_count = image.manifest.layers.size(),
            .total_bytes = total_bytes,
            .here_bytes = total_bytes - size_of(layers_to_fetch(image.manifest, config, donors))};
}

void require_platform(const oci::Platform& actual, const oci::Platform& wanted, bool is_demanded) {
    if (actual.os == wanted.os && actual.architecture == wanted.architecture)
        return;
    if (is_demanded)
        throw Error(ErrorKind::no_platform, "the image is for {}, not for {}", actual.str(),
                    wanted.str());
    warn("the image is for {}, and this machine is {}", actual.str(), wanted.str());
}

void require_output(const fs::path& file) {
    const auto directory = fs::absolute(file).parent_path();
    std::error_code ignored;
    if (!fs::is_directory(directory, ignored))
        throw Error(ErrorKind::not_found, "there is no directory '{}' to write '{}' into",
                    directory.native(), file.filename().native());
    const auto status = fs::symlink_status(file, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_symlink(status))
        throw Error(ErrorKind::usage, "'{}' is {}, and is not written over", file.native(),
                    fs::is_directory(status) ? "a directory" : "no regular file");
}

std::vector<oci::Descriptor> layers_to_download(std::vector<oci::Descriptor> layers,
                                                const oci::Reference& reference,
                                                const EnrootCache* enroot) {
    if (!reference.registry())
        return {};
    if (enroot)
        std::erase_if(layers, [&](const auto& layer) { return enroot->find(layer).has_value(); });
    return layers;
}

void require_room(const std::vector<oci::Descriptor>& to_convert,
                  const std::vector<oci::Descriptor>& to_download, const fs::path& target,
                  const fs::path& spool) {
    const auto image_bytes = size_of(to_convert);
    if (to_download.empty())
        return require_space(target, image_bytes, "the image");
    std::uint64_t missing_bytes = 0;
    for (const auto& layer : to_download)
        missing_bytes += layer.size_bytes
                         - std::min(layer.size_bytes, registry::spooled_bytes(spool, layer.digest));
    const auto* const elsewhere = "AIC_IMAGE_SPOOL names a directory for it on another disk";
    if (is_same_file_system(target, spool))
        return require_space(target, image_bytes + missing_bytes, "the image with its download",
                             missing_bytes > 0 ? elsewhere : "");
    require_space(target, image_bytes, "the image");
    if (missing_bytes > 0)
        require_space(spool, missing_bytes, "the download", elsewhere);
}

} // namespace aic::builder
