// SPDX-License-Identifier: Apache-2.0
#include "registry/archive_source.hpp"

#include "core/error.hpp"
#include "registry/archive_files.hpp"
#include "registry/archive_input.hpp"
#include "registry/docker_archive.hpp"
#include "registry/oci_layout.hpp"

#include <unistd.h>

namespace aic::registry {

namespace {

/// Docker 25 and later write both; manifest.json is what says which image is which.
oci::ArchiveFormat format_of(const LayoutFiles& files) {
    if (files.find("manifest.json"))
        return oci::ArchiveFormat::docker;
    if (files.find("oci-layout"))
        return oci::ArchiveFormat::oci;
    throw Error(ErrorKind::not_found,
                "{} is neither a docker archive nor an OCI layout: there is neither "
                "'manifest.json' nor 'oci-layout' in it",
                files.name());
}

} // namespace

std::unique_ptr<ImageSource> open_archive(const oci::ArchiveReference& reference,
                                          const std::filesystem::path& spool,
                                          std::stop_token stop) {
    const auto files = std::make_shared<const ArchiveFiles>(
        reference.is_standard_input() ? open_archive_input(STDIN_FILENO, spool, stop)
                                      : open_archive_file(reference.file));
    const auto format =
        reference.format == oci::ArchiveFormat::any ? format_of(*files) : reference.format;
    if (format == oci::ArchiveFormat::docker)
        return std::make_unique<DockerArchiveSource>(files, reference.name);
    return std::make_unique<LayoutSource>(files, reference.str(), reference.name);
}

Digest ArchiveSource::current_digest(const oci::Platform& platform, std::stop_token stop) {
    return opened(stop).current_digest(platform, stop);
}

ResolvedImage ArchiveSource::resolve(const oci::Platform& platform, std::stop_token stop) {
    return opened(stop).resolve(platform, stop);
}

std::string ArchiveSource::config_json(const oci::Descriptor& config, std::stop_token stop) {
    return opened(stop).config_json(config, stop);
}

FetchedBytes ArchiveSource::fetch(std::span<const BlobRequest> blobs,
                                  const std::filesystem::path& spool, const BlobReady& ready,
                                  std::stop_token stop) {
    return opened(stop).fetch(blobs, spool, ready, stop);
}

ImageSource& ArchiveSource::opened(std::stop_token stop) {
    if (!image_)
        image_ = open_(stop);
    return *image_;
}

} // namespace aic::registry
