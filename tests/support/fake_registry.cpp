// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_registry.hpp"

#include <fmt/ranges.h>

namespace aic::testing {

namespace {

std::string to_json(const oci::Descriptor& descriptor, std::string_view more = "") {
    return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}{}}})", descriptor.media_type,
                       descriptor.digest.str(), descriptor.size_bytes, more);
}

FakeResponse error_response(int status, std::string_view code, std::string_view message) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}},
            .body = fmt::format(R"({{"errors":[{{"code":"{}","message":"{}"}}]}})", code, message)};
}

} // namespace

oci::Descriptor descriptor_of(std::string_view bytes, std::string media_type) {
    return {std::move(media_type), Digest(sha256_of(bytes)), bytes.size(), {}};
}

std::string manifest_json(const oci::Descriptor& config, std::span<const oci::Descriptor> layers) {
    std::vector<std::string> lines;
    for (const auto& layer : layers)
        lines.push_back(to_json(layer));
    return fmt::format(
        R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
        R"("config":{},"layers":[{}]}})",
        to_json(config), fmt::join(lines, ","));
}

std::string config_json(std::string_view architecture, std::size_t layers) {
    std::vector<std::string> diff_ids;
    for (std::size_t i = 0; i < layers; ++i)
        diff_ids.push_back('"' + DiffId(sha256_of(fmt::format("layer {}", i))).str() + '"');
    return fmt::format(
        R"({{"os":"linux","architecture":"{}","rootfs":{{"type":"layers","diff_ids":[{}]}}}})",
        architecture, fmt::join(diff_ids, ","));
}

std::string index_json(std::span<const PlatformManifest> entries) {
    std::vector<std::string> lines;
    for (const auto& entry : entries) {
        const auto platform =
            fmt::format(R"(,"platform":{{"os":"linux","architecture":"{}"}})", entry.architecture);
        lines.push_back(to_json(entry.descriptor, entry.architecture.empty() ? "" : platform));
    }
    return fmt::format(
        R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",)"
        R"("manifests":[{}]}})",
        fmt::join(lines, ","));
}

FakeResponse ranged_response(const FakeRequest& request, const std::string& bytes) {
    constexpr std::string_view k_prefix = "bytes=";
    const auto range = request.header("range");
    if (!range.starts_with(k_prefix))
        return {.body = bytes};
    const auto first = std::stoull(range.substr(k_prefix.size()));
    const auto last = std::stoull(range.substr(range.find('-') + 1));
    const auto end = std::min<std::size_t>(bytes.size(), last + 1);
    if (first >= end)
        return {.status = 416};
    return {
        .status = 206,
        .headers = {{"Content-Range", fmt::format("bytes {}-{}/{}", first, end - 1, bytes.size())}},
        .body = bytes.substr(first, end - first)};
}

FakeRegistry::FakeRegistry(std::shared_ptr<const FakeTls> tls)
    : server_([this](const FakeRequest& request) { return answer(request); }, std::move(tls)) {}

std::string FakeRegistry::reference(const std::string& tag) const {
    return fmt::format("{}/lab/x:{}", server_.host_and_port(), tag);
}

oci::Descriptor FakeRegistry::add_blob(const std::string& bytes, std::string media_type) {
    const std::lock_guard lock(mutex_);
    auto descriptor = descriptor_of(bytes, std::move(media_type));
    blobs_[descriptor.digest.str()] = bytes;
    return descriptor;
}

oci::Descriptor FakeRegistry::add_manifest(const std::string& tag, const std::string& json,
                                           std::string media_type) {
    const std::lock_guard lock(mutex_);
    auto descriptor = descriptor_of(json, media_type);
    manifests_[descriptor.digest.str()] = {json, media_type};
    if (!tag.empty())
        manifests_[tag] = {json, media_type};
    return descriptor;
}

oci::Descriptor FakeRegistry::add_image(const std::string& tag,
                                        std::span<const std::string> layers) {
    std::vector<oci::Descriptor> descriptors;
    for (const auto& layer : layers)
        descriptors.push_back(add_blob(layer));
    const auto config =
        add_blob(config_json("amd64", layers.size()), "application/vnd.oci.image.config.v1+json");
    return add_manifest(tag, manifest_json(config, descriptors));
}

void FakeRegistry::script(const std::string& path, FakeServer::Handler handler) {
    const std::lock_guard lock(mutex_);
    scripts_[path] = std::move(handler);
}

void FakeRegistry::script(const std::string& path, FakeResponse response) {
    script(path, [response = std::move(response)](const FakeRequest&) { return response; });
}

void FakeRegistry::require(std::string expected, std::vector<std::string> challenges) {
    const std::lock_guard lock(mutex_);
    expected_authorization_ = std::move(expected);
    challenges_ = std::move(challenges);
}

FakeResponse FakeRegistry::answer(const FakeRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto path = request.path();
    const bool is_repository = path.starts_with("/v2/");
    const bool is_closed = !expected_authorization_.empty() || !challenges_.empty();
    if (is_repository && is_closed && request.header("authorization") != expected_authorization_) {
        auto refusal = error_response(401, "UNAUTHORIZED", "authentication required");
        for (const auto& challenge : challenges_)
            refusal.headers.emplace_back("WWW-Authenticate", challenge);
        return refusal;
    }
    if (const auto found = scripts_.find(path); found != scripts_.end())
        return found->second(request);
    if (path.starts_with(manifest_path("")))
        return answer_manifest(request, path.substr(manifest_path("").size()));
    constexpr std::string_view k_blobs = "/v2/lab/x/blobs/";
    if (path.starts_with(k_blobs))
        if (const auto blob = blobs_.find(path.substr(k_blobs.size())); blob != blobs_.end())
            return ranged_response(request, blob->second);
    if (path == "/v2/lab/x/tags/list") {
        std::vector<std::string> tags;
        for (const auto& [name, manifest] : manifests_)
            if (!name.starts_with("sha256:"))
                tags.push_back('"' + name + '"');
        return {.body = fmt::format(R"({{"name":"lab/x","tags":[{}]}})", fmt::join(tags, ","))};
    }
    if (!path.starts_with("/v2/lab/x/"))
        return error_response(404, "NAME_UNKNOWN", "repository name not known to registry");
    return error_response(404, "BLOB_UNKNOWN", "blob unknown to registry");
}

FakeResponse FakeRegistry::answer_manifest(const FakeRequest& request,
                                           const std::string& name) const {
    const auto found = manifests_.find(name);
    // As distribution has it: what the client does not accept is not there.
    if (found == manifests_.end()
        || request.header("accept").find(found->second.media_type) == std::string::npos)
        return error_response(404, "MANIFEST_UNKNOWN", "manifest unknown");
    const auto& manifest = found->second;
    return {.headers = {{"Content-Type", manifest.media_type},
                        {"Docker-Content-Digest", Digest(sha256_of(manifest.json)).str()}},
            .body = manifest.json};
}

} // namespace aic::testing
