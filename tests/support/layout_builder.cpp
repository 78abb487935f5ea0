// SPDX-License-Identifier: Apache-2.0
#include "tests/support/layout_builder.hpp"

#include "oci/media_type.hpp"

#include <algorithm>
#include <span>

namespace fs = std::filesystem;

namespace aic::testing {

namespace {

std::string descriptor(std::string_view type, std::string_view digest, std::size_t size) {
    return fmt::format(R"({{"mediaType": "{}", "digest": "{}", "size": {}}})", type, digest, size);
}

std::string digest_of(std::string_view text) {
    return Digest(sha256_of(text)).str();
}

template <typename Items, typename Function>
std::string joined(const Items& items, const Function& text_of_item) {
    std::string text;
    for (const auto& item : items)
        text += (text.empty() ? "" : ", ") + text_of_item(item);
    return text;
}

} // namespace

LayoutBuilder::LayoutBuilder() {
    fs::create_directories(root() / "blobs" / "sha256");
    write_file(root() / "oci-layout", R"({"imageLayoutVersion": "1.0.0"})");
}

LayoutBuilder& LayoutBuilder::layer(std::string_view tar, const std::string& blob) {
    layers_.push_back({blob, digest_of(tar), digest_of(blob)});
    return *this;
}

LayoutBuilder& LayoutBuilder::settings(std::string json) {
    settings_ = std::move(json);
    return *this;
}

fs::path LayoutBuilder::blob(const Layer& layer) const {
    return root() / "blobs" / "sha256" / layer.digest.substr(7);
}

std::string LayoutBuilder::add_blob(const std::string& text) const {
    write_file(root() / "blobs" / "sha256" / digest_of(text).substr(7), text);
    return digest_of(text);
}

void LayoutBuilder::write(int lacking) {
    const std::span all(layers_);
    const auto in_config = all.first(all.size() - static_cast<std::size_t>(std::max(lacking, 0)));
    const auto in_manifest =
        all.first(all.size() - static_cast<std::size_t>(std::max(-lacking, 0)));
    for (const auto& layer : layers_)
        write_file(blob(layer), layer.blob);
    const auto platform = oci::Platform::host();
    const auto config = fmt::format(
        R"({{"os": "{}", "architecture": "{}", "created": "2023-11-14T22:13:20Z", "config": {},
             "rootfs": {{"type": "layers", "diff_ids": [{}]}}}})",
        platform.os, platform.architecture, settings_,
        joined(in_config, [](const Layer& layer) { return "\"" + layer.diff_id + "\""; }));
    const auto layer_text = [](const Layer& layer) {
        return descriptor("application/vnd.oci.image.layer.v1.tar", layer.digest,
                          layer.blob.size());
    };
    const auto manifest = fmt::format(
        R"({{"schemaVersion": 2, "mediaType": "{}", "config": {}, "layers": [{}]}})",
        oci::k_oci_manifest,
        descriptor("application/vnd.oci.image.config.v1+json", add_blob(config), config.size()),
        joined(in_manifest, layer_text));
    write_file(root() / "index.json",
               fmt::format(R"({{"schemaVersion": 2, "mediaType": "{}", "manifests": [{}]}})",
                           oci::k_oci_index,
                           descriptor(oci::k_oci_manifest, add_blob(manifest), manifest.size())));
}

oci::Reference LayoutBuilder::reference() const {
    return oci::Reference::parse("oci:" + root().native());
}

Config LayoutBuilder::config() const {
    Config config;
    config.store.value = directory_ / "store";
    config.spool.value = directory_ / "spool";
    return config;
}

std::vector<std::string> LayoutBuilder::leftovers() const {
    std::vector<std::string> found;
    for (const char* place : {"store", "spool"})
        if (fs::exists(directory_ / place))
            for (const auto& entry : fs::recursive_directory_iterator(directory_ / place))
                if (!entry.is_directory() && entry.path().filename() != "store.json")
                    found.push_back(entry.path().native());
    return found;
}

builder::ImportOptions small_import_options() {
    return {.compression = {squashfs::CompressionKind::none, 0},
            .block_bytes = 4096,
            .platform = oci::Platform::host(),
            .threads = 1};
}

Listing without_profile_files(Listing listing) {
    for (const char* path : {"etc", "etc/environment", "etc/fstab", "etc/rc", "etc/rc.local"})
        listing.erase(path);
    return listing;
}

} // namespace aic::testing
