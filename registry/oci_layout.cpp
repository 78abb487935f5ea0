// SPDX-License-Identifier: Apache-2.0
#include "registry/oci_layout.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "oci/json.hpp"
#include "oci/media_type.hpp"
#include "oci/printable.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

void stop_if_asked(const std::stop_token& stop) {
    if (stop.stop_requested())
        throw Error(ErrorKind::interrupted, "stopped");
}

void check_version(const fs::path& directory) {
    const auto path = directory / "oci-layout";
    const auto text = read_file_if_exists(path, 65536);
    if (!text)
        throw Error(ErrorKind::not_found, "'{}' is not an OCI layout: there is no '{}'",
                    directory.native(), path.native());
    const auto version = in_context(
        [&] { return fmt::format("reading '{}'", path.native()); },
        [&] { return oci::required_string(oci::parse_json(*text), "imageLayoutVersion"); });
    if (!version.starts_with("1."))
        throw Error(ErrorKind::integrity, "'{}' is a layout of version {}, where 1 is supported",
                    directory.native(), oci::printable(version, 40));
}

oci::Index read_index(const fs::path& directory) {
    const auto path = directory / "index.json";
    const auto text = read_file_if_exists(path, k_max_manifest_bytes);
    if (!text)
        throw Error(ErrorKind::integrity, "'{}' is not there", path.native());
    return in_context(
        [&] { return fmt::format("reading '{}'", path.native()); },
        [&] { return std::get<oci::Index>(oci::parse_document(*text, oci::k_oci_index)); });
}

oci::Index with_name(const oci::Index& index, const std::string& name) {
    oci::Index found{index.media_type, {}};
    std::ranges::copy_if(index.entries, std::back_inserter(found.entries),
                         [&](const auto& entry) { return entry.reference_name == name; });
    return found;
}

std::string list_of_tags(const oci::Index& index) {
    std::set<std::string> names;
    for (const auto& entry : index.entries)
        if (!entry.reference_name.empty())
            names.insert(entry.reference_name);
    return oci::printable(fmt::format("tags there: {}", fmt::join(names, ", ")));
}

/// What a reference without a tag means: the only image, whether or not it has a name, or "latest".
oci::Index default_entries(const oci::Index& index) {
    const bool one_name = std::ranges::all_of(index.entries, [&](const auto& entry) {
        return entry.reference_name == index.entries.front().reference_name;
    });
    return one_name ? index : with_name(index, "latest");
}

} // namespace

oci::Index LayoutSource::entries() const {
    const auto& directory = reference_.directory;
    check_version(directory);
    const auto index = read_index(directory);
    auto found = reference_.tag ? with_name(index, *reference_.tag) : default_entries(index);
    if (!found.entries.empty())
        return found;
    if (index.entries.empty())
        throw Error(ErrorKind::not_found, "'{}' holds no image", directory.native());
    if (reference_.tag)
        throw Error(ErrorKind::not_found, "'{}' has no tag '{}'", directory.native(),
                    oci::printable(*reference_.tag))
            .with_hint(list_of_tags(index));
    throw Error(ErrorKind::usage, "'{}' holds several images; say which one", directory.native())
        .with_hint(list_of_tags(index));
}

Digest LayoutSource::current_digest(std::stop_token) {
    return entries().entries.front().descriptor.digest;
}

ResolvedImage LayoutSource::resolve(const oci::Platform& platform, std::stop_token stop) {
    return in_context([&] { return fmt::format("resolving {}", reference_.str()); },
                      [&] {
                          const auto present = entries();
                          const auto& entry = oci::choose(present, platform);
                          return follow(document(entry.descriptor), platform,
                                        [&](const oci::Descriptor& descriptor) {
                                            stop_if_asked(stop);
                                            return document(descriptor);
                                        });
                      });
}

ServedDocument LayoutSource::document(const oci::Descriptor& descriptor) const {
    return served_document(read_blob(descriptor, k_max_manifest_bytes), descriptor.media_type,
                           descriptor.digest);
}

std::string LayoutSource::config_json(const oci::Descriptor& config, std::stop_token) {
    return read_blob(config, k_max_config_bytes);
}

fs::path LayoutSource::blob_path(const Digest& digest) const {
    return reference_.directory / "blobs" / "sha256" / digest.hex();
}

Fd LayoutSource::open_blob(const oci::Descriptor& descriptor) const {
    const auto path = blob_path(descriptor.digest);
    struct stat status;
    if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        throw Error(ErrorKind::integrity, "'{}' is not a regular file", path.native());
    auto fd = open_if_exists(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd)
        throw Error(ErrorKind::integrity, "the layout lacks the blob '{}'", path.native());
    status = fstat_of(fd->get(), path);
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorKind::integrity, "'{}' is not a regular file", path.native());
    if (static_cast<std::uint64_t>(status.st_size) != descriptor.size_bytes)
        throw Error(ErrorKind::integrity, "'{}' has {} bytes instead of {}", path.native(),
                    status.st_size, descriptor.size_bytes);
    return std::move(*fd);
}

std::string LayoutSource::read_blob(const oci::Descriptor& descriptor,
                                    std::uint64_t limit_bytes) const {
    const auto path = blob_path(descriptor.digest);
    FdSource source(open_blob(descriptor), path);
    const auto bytes = read_all(source, limit_bytes, fmt::format("'{}'", path.native()));
    verify(as_text(bytes), descriptor);
    return std::string(as_text(bytes));
}

void LayoutSource::fetch(std::span<const BlobRequest> blobs, const fs::path&,
                         const BlobReady& ready, std::stop_token stop) {
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        stop_if_asked(stop);
        const auto& blob = blobs[i];
        auto fd =
            in_context([&] { return fmt::format("fetching {}", blob.descriptor.digest.str()); },
                       [&] { return open_blob(blob.descriptor); });
        if (blob.progress)
            blob.progress->fetched_bytes = blob.descriptor.size_bytes;
        ready(i, {std::make_shared<const Fd>(std::move(fd)), blob_path(blob.descriptor.digest),
                  Verified::no});
    }
}

} // namespace aic::registry
