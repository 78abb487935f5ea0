// SPDX-License-Identifier: Apache-2.0
#include "registry/oci_layout.hpp"

#include "core/error.hpp"
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

void check_version(const LayoutFiles& files) {
    constexpr const char* k_file = "oci-layout";
    const auto text = files.read(k_file, 65536);
    if (!text)
        throw Error(ErrorKind::not_found, "{} is not an OCI layout: there is no {}", files.name(),
                    files.place_of(k_file));
    const auto version = in_context(
        [&] { return fmt::format("reading {}", files.place_of(k_file)); },
        [&] { return oci::required_string(oci::parse_json(*text), "imageLayoutVersion"); });
    if (!version.starts_with("1."))
        throw Error(ErrorKind::integrity, "{} is a layout of version {}, where 1 is supported",
                    files.name(), oci::printable(version, 40));
}

/// Docker's whole reference where it wrote one, since its tag alone may stand for several images.
const std::string& name_of(const oci::IndexEntry& entry) {
    return entry.image_name.empty() ? entry.reference_name : entry.image_name;
}

oci::Index with_name(const oci::Index& index, const std::string& name) {
    oci::Index found{index.media_type, {}};
    std::ranges::copy_if(index.entries, std::back_inserter(found.entries), [&](const auto& entry) {
        return entry.reference_name == name || entry.image_name == name;
    });
    return found;
}

std::string list_of_tags(const oci::Index& index) {
    std::set<std::string> names;
    for (const auto& entry : index.entries)
        if (!name_of(entry).empty())
            names.insert(name_of(entry));
    return oci::printable(fmt::format("tags there: {}", fmt::join(names, ", ")));
}

/// What a reference without a tag means: the only image, whether or not it has a name, or "latest".
oci::Index default_entries(const oci::Index& index) {
    const bool one_name = std::ranges::all_of(index.entries, [&](const auto& entry) {
        return name_of(entry) == name_of(index.entries.front());
    });
    return one_name ? index : with_name(index, "latest");
}

} // namespace

oci::Index read_layout_index(const LayoutFiles& files) {
    constexpr const char* k_file = "index.json";
    const auto text = files.read(k_file, k_max_manifest_bytes);
    if (!text)
        throw Error(ErrorKind::integrity, "{} is not there", files.place_of(k_file));
    return in_context(
        [&] { return fmt::format("reading {}", files.place_of(k_file)); },
        [&] { return std::get<oci::Index>(oci::parse_document(*text, oci::k_oci_index)); });
}

std::string layout_path(const Digest& digest) {
    return "blobs/sha256/" + digest.hex();
}

BlobFile open_layout_blob(const LayoutFiles& files, const oci::Descriptor& descriptor) {
    const auto path = layout_path(descriptor.digest);
    auto file = files.find(path);
    if (!file)
        throw Error(ErrorKind::integrity, "the layout lacks the blob {}", files.place_of(path));
    if (*file->size_bytes != descriptor.size_bytes)
        throw Error(ErrorKind::integrity, "{} has {} bytes instead of {}", files.place_of(path),
                    *file->size_bytes, descriptor.size_bytes);
    return std::move(*file);
}

std::string read_layout_blob(const LayoutFiles& files, const oci::Descriptor& descriptor,
                             std::uint64_t limit_bytes) {
    const auto file = open_layout_blob(files, descriptor);
    if (descriptor.size_bytes > limit_bytes)
        throw Error(ErrorKind::integrity, "{} has more than {} bytes",
                    files.place_of(layout_path(descriptor.digest)), limit_bytes);
    auto bytes = read_whole(file);
    verify(bytes, descriptor);
    return bytes;
}

LayoutSource::LayoutSource(const oci::LayoutReference& reference)
    : LayoutSource(std::make_shared<const DirectoryFiles>(reference.directory), reference.str(),
                   reference.tag) {}

oci::Index LayoutSource::entries() const {
    check_version(*files_);
    const auto index = read_layout_index(*files_);
    auto found = tag_ ? with_name(index, *tag_) : default_entries(index);
    if (!found.entries.empty())
        return found;
    if (index.entries.empty())
        throw Error(ErrorKind::not_found, "{} holds no image", files_->name());
    if (tag_)
        throw Error(ErrorKind::not_found, "{} has no tag '{}'", files_->name(),
                    oci::printable(*tag_))
            .with_hint(list_of_tags(index));
    throw Error(ErrorKind::usage, "{} holds several images; say which one", files_->name())
        .with_hint(list_of_tags(index));
}

Digest LayoutSource::current_digest(const oci::Platform& platform, std::stop_token) {
    const auto present = entries();
    return oci::choose(present, platform).descriptor.digest;
}

ResolvedImage LayoutSource::resolve(const oci::Platform& platform, std::stop_token stop) {
    return in_context([&] { return fmt::format("resolving {}", reference_); },
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
    return served_document(read_layout_blob(*files_, descriptor, k_max_manifest_bytes),
                           descriptor.media_type, descriptor.digest);
}

std::string LayoutSource::config_json(const oci::Descriptor& config, std::stop_token) {
    return read_layout_blob(*files_, config, k_max_config_bytes);
}

FetchedBytes LayoutSource::fetch(std::span<const BlobRequest> blobs, const fs::path&,
                                 const BlobReady& ready, std::stop_token stop) {
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        stop_if_asked(stop);
        const auto& blob = blobs[i];
        const auto file =
            in_context([&] { return fmt::format("fetching {}", blob.descriptor.digest.str()); },
                       [&] { return open_layout_blob(*files_, blob.descriptor); });
        if (blob.progress)
            blob.progress->fetched_bytes = blob.descriptor.size_bytes;
        ready(i, file);
    }
    return {};
}

} // namespace aic::registry
