// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "oci/descriptor.hpp"
#include "tests/support/fake_server.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace aic::testing {

/// The descriptor of these bytes.
oci::Descriptor descriptor_of(std::string_view bytes, std::string media_type);
/// An image manifest as OCI has it.
std::string manifest_json(const oci::Descriptor& config, std::span<const oci::Descriptor> layers);
/// The config of an image for this architecture with so many layers, whose diff ids are made up.
std::string config_json(std::string_view architecture, std::size_t layers);

/// These bytes, or of them what the request's "Range: bytes=N-M" asks for, as distribution serves
/// it.
FakeResponse ranged_response(const FakeRequest& request, const std::string& bytes);

struct PlatformManifest {
    oci::Descriptor descriptor;
    std::string architecture; ///< of Linux; "" for an entry without platform
};

std::string index_json(std::span<const PlatformManifest> entries);

/// A registry with one repository, "lab/x", in this process. What a test does not script it answers
/// as distribution does.
class FakeRegistry {
public:
    explicit FakeRegistry(std::shared_ptr<const FakeTls> tls = nullptr);

    FakeServer& server() { return server_; }

    /// "127.0.0.1:PORT/lab/x:TAG"
    std::string reference(const std::string& tag) const;

    oci::Descriptor add_blob(const std::string& bytes,
                             std::string media_type = "application/vnd.oci.image.layer.v1.tar");
    /// Under its digest, and under `tag` unless that is empty.
    oci::Descriptor
    add_manifest(const std::string& tag, const std::string& json,
                 std::string media_type = "application/vnd.oci.image.manifest.v1+json");
    /// An image for amd64 with layers of these contents.
    oci::Descriptor add_image(const std::string& tag, std::span<const std::string> layers);

    /// Requests for this path are answered by `handler`.
    void script(const std::string& path, FakeServer::Handler handler);
    void script(const std::string& path, FakeResponse response);

    static std::string blob_path(const Digest& digest) { return "/v2/lab/x/blobs/" + digest.str(); }

    static std::string manifest_path(const std::string& name) {
        return "/v2/lab/x/manifests/" + name;
    }

    /// From now on, requests whose Authorization is not `expected` are answered with a 401 that has
    /// these WWW-Authenticate headers.
    void require(std::string expected, std::vector<std::string> challenges);

private:
    struct Manifest {
        std::string json, media_type;
    };

    FakeResponse answer(const FakeRequest& request);
    FakeResponse answer_manifest(const FakeRequest& request, const std::string& name) const;

    std::mutex mutex_;
    std::map<std::string, FakeServer::Handler> scripts_; // all guarded by mutex_
    std::map<std::string, Manifest> manifests_;
    std::map<std::string, std::string> blobs_; // by digest
    std::string expected_authorization_;
    std::vector<std::string> challenges_;
    FakeServer server_; // last: its thread uses the others
};

} // namespace aic::testing
