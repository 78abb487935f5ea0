// SPDX-License-Identifier: Apache-2.0
#include "registry/docker_archive.hpp"

#include "core/error.hpp"
#include "oci/docker_archive.hpp"
#include "oci/image_config.hpp"
#include "oci/media_type.hpp"
#include "oci/printable.hpp"
#include "registry/magic.hpp"
#include "registry/oci_layout.hpp"

#include <array>
#include <deque>
#include <set>

namespace aic::registry {

namespace {

constexpr const char* k_table = "manifest.json";
constexpr std::size_t k_max_documents = 1000; // that are looked at for an image's own manifest
constexpr std::size_t k_hash_bytes = 1 << 20;

void stop_if_asked(const std::stop_token& stop) {
    if (stop.stop_requested())
        throw Error(ErrorKind::interrupted, "stopped");
}

Error no_table(const LayoutFiles& files) {
    const Error error(ErrorKind::not_found, "{} is no docker archive: there is no {}", files.name(),
                      files.place_of(k_table));
    if (files.find("index.json"))
        return error.with_hint("it looks like an OCI layout, which 'oci-archive:' reads");
    if (files.find("repositories"))
        return error.with_hint("a Docker older than 1.10 wrote it; save it again with a newer one");
    return error;
}

BlobFile find_member(const LayoutFiles& files, const std::string& path) {
    auto file = files.find(path);
    if (!file)
        throw Error(ErrorKind::integrity, "{} is not there", files.place_of(oci::printable(path)));
    return std::move(*file);
}

Digest digest_of(const BlobFile& file, std::stop_token stop) {
    Sha256Hasher hash;
    Bytes buffer(k_hash_bytes);
    for (std::uint64_t done = 0; done < *file.size_bytes;) {
        stop_if_asked(stop);
        const auto piece = std::span(buffer).first(
            std::min<std::uint64_t>(buffer.size(), *file.size_bytes - done));
        pread_exact(file.fd->get(), piece, file.offset + done, file.path);
        hash.update(piece);
        done += piece.size();
    }
    return Digest(hash.finish());
}

std::string_view compression_of(const BlobFile& file) {
    std::array<std::byte, k_magic_bytes> first_bytes{};
    const auto there =
        std::span(first_bytes).first(std::min<std::uint64_t>(first_bytes.size(), *file.size_bytes));
    pread_exact(file.fd->get(), there, file.offset, file.path);
    return compression_by_magic(there);
}

} // namespace

Digest DockerArchiveSource::current_digest(const oci::Platform& /*platform*/,
                                           std::stop_token stop) {
    return image(stop).resolved.index_or_manifest;
}

ResolvedImage DockerArchiveSource::resolve(const oci::Platform&, std::stop_token stop) {
    return image(stop).resolved;
}

std::string DockerArchiveSource::config_json(const oci::Descriptor& config, std::stop_token stop) {
    const auto& json = image(stop).config_json;
    verify(json, config);
    return json;
}

FetchedBytes DockerArchiveSource::fetch(std::span<const BlobRequest> blobs,
                                        const std::filesystem::path&, const BlobReady& ready,
                                        std::stop_token stop) {
    const auto& layers = image(stop).layers;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        stop_if_asked(stop);
        const auto& [descriptor, progress] = blobs[i];
        if (progress)
            progress->fetched_bytes = descriptor.size_bytes;
        ready(i, layers.at(descriptor.digest));
    }
    return {};
}

const DockerArchiveSource::Image& DockerArchiveSource::image(std::stop_token stop) {
    if (!image_)
        image_ = read_image(stop);
    return *image_;
}

DockerArchiveSource::Image DockerArchiveSource::read_image(std::stop_token stop) const {
    const auto table = files_->read(k_table, k_max_manifest_bytes);
    if (!table)
        throw no_table(*files_);
    const auto images =
        in_context([&] { return fmt::format("reading {}", files_->place_of(k_table)); },
                   [&] { return oci::parse_docker_archive(*table); });
    const auto& chosen = in_context(
        [&] { return files_->name(); }, [&]() -> const auto& { return oci::choose(images, tag_); });
    Image image;
    image.config_json = read_config(chosen.config);
    const Digest config(sha256_of(image.config_json));
    if (auto own = own_manifest(config)) {
        image.resolved = follow(std::move(*own), {}, {});
        for (const auto& descriptor : image.resolved.manifest.layers)
            image.layers.emplace(descriptor.digest, open_layout_blob(*files_, descriptor));
        return image;
    }
    const auto diff_ids = oci::parse_image_config(image.config_json).diff_ids;
    if (diff_ids.size() != chosen.layers.size())
        throw Error(ErrorKind::integrity,
                    "{} names {} layers where the image config has {} diff ids",
                    files_->place_of(k_table), chosen.layers.size(), diff_ids.size());
    std::vector<oci::Descriptor> descriptors;
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
        auto [descriptor, file] = layer(chosen.layers[i], diff_ids[i], stop);
        image.layers.insert_or_assign(descriptor.digest, std::move(file));
        descriptors.push_back(std::move(descriptor));
    }
    image.resolved = follow(
        served_document(
            oci::made_up_manifest(
                {"application/vnd.oci.image.config.v1+json", config, image.config_json.size(), {}},
                descriptors),
            oci::k_oci_manifest, std::nullopt),
        {}, {});
    return image;
}

std::string DockerArchiveSource::read_config(const std::string& path) const {
    auto json = files_->read(path, k_max_config_bytes);
    if (!json)
        throw Error(ErrorKind::integrity, "the image config {} is not there",
                    files_->place_of(oci::printable(path)));
    const Digest actual(sha256_of(*json));
    if (const auto named = oci::digest_in_name(path); named && *named != actual)
        throw Error(ErrorKind::integrity, "the image config {} is damaged: its digest is {}",
                    files_->place_of(path), actual.str());
    return std::move(*json);
}

std::optional<ServedDocument> DockerArchiveSource::own_manifest(const Digest& config) const {
    if (!files_->find("index.json"))
        return std::nullopt;
    std::deque<oci::Descriptor> to_read;
    std::set<Digest> seen;
    const auto read_later = [&](const oci::Index& index) {
        for (const auto& entry : index.entries)
            if (seen.size() < k_max_documents && seen.insert(entry.descriptor.digest).second
                && files_->find(layout_path(entry.descriptor.digest)))
                to_read.push_back(entry.descriptor);
    };
    read_later(read_layout_index(*files_));
    for (; !to_read.empty(); to_read.pop_front()) {
        const auto& descriptor = to_read.front();
        auto json = read_layout_blob(*files_, descriptor, k_max_manifest_bytes);
        try {
            auto document =
                served_document(std::move(json), descriptor.media_type, descriptor.digest);
            const auto* manifest = std::get_if<oci::Manifest>(&document.document);
            if (manifest && manifest->config.digest == config)
                return document;
            if (!manifest)
                read_later(std::get<oci::Index>(document.document));
        } catch (const Error& error) {
            // Attestations and other artifacts stand in the index too, and are none of ours.
            if (error.kind() != ErrorKind::integrity)
                throw;
        }
    }
    return std::nullopt;
}

std::pair<oci::Descriptor, BlobFile> DockerArchiveSource::layer(const std::string& path,
                                                                const DiffId& diff_id,
                                                                std::stop_token stop) const {
    auto file = find_member(*files_, path);
    const auto compression = compression_of(file);
    oci::Descriptor descriptor{
        "application/vnd.oci.image.layer.v1.tar", Digest(diff_id.bytes()), *file.size_bytes, {}};
    if (compression == "gzip" || compression == "zstd") {
        descriptor.media_type += fmt::format("+{}", compression);
        descriptor.digest = digest_of(file, stop);
    } else if (!compression.empty()) {
        throw Error(ErrorKind::integrity, "the layer {} is compressed with {}, which no image has",
                    files_->place_of(oci::printable(path)), compression);
    }
    // The diff id is checked when the layer is converted; of a plain tar that is the same digest,
    // and the other was made just now.
    file.verified = Verified::yes;
    return {std::move(descriptor), std::move(file)};
}

} // namespace aic::registry
