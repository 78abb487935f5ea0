// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "core/fd.hpp"
#include "core/progress.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"
#include "registry/blob_arrival.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

namespace aic::registry {

/// What a reference stands for on one platform, with the documents as they were served.
struct ResolvedImage {
    Digest index_or_manifest; ///< what the tag points at, before a platform was chosen
    Digest manifest_digest;
    std::string manifest_json;
    oci::Manifest manifest;
};

/// Whether a blob's bytes are known to be those of its digest.
enum class Verified { yes, no };

/// A blob that can now be read. The descriptor is shared, so read it with offsets (pread); `path`
/// is for messages, since another process may already have removed the name.
struct BlobFile {
    std::shared_ptr<const Fd> fd;
    std::filesystem::path path;
    Verified verified = Verified::no; ///< of one that is arriving: once it is complete
    /// Says how far it can be read while it is being downloaded; null when all of it is there.
    std::shared_ptr<BlobArrival> arrival = nullptr;
    std::uint64_t offset = 0;                  ///< of its first byte, in an archive
    std::optional<std::uint64_t> size_bytes{}; ///< absent when it goes on to the file's end
};

/// Called from any thread, once per blob, in any order.
using BlobReady = std::function<void(std::size_t index, const BlobFile& file)>;

/// How many bytes of blobs came from which place, "host[:port]".
using FetchedBytes = std::map<std::string, std::uint64_t>;

struct BlobRequest {
    oci::Descriptor descriptor;
    ProgressItem* progress = nullptr; ///< may be null
};

/// A place that images come from: a registry, an OCI layout on disk, or an archive.
class ImageSource {
public:
    virtual ~ImageSource() = default;

    /// The digest that the reference points at now, as cheaply as the place allows (one HEAD). The
    /// platform matters where it points at several images without an index of their own.
    virtual Digest current_digest(const oci::Platform& platform, std::stop_token stop) = 0;
    /// Follows indexes down to the manifest for `platform`.
    virtual ResolvedImage resolve(const oci::Platform& platform, std::stop_token stop) = 0;

    /// Whether anybody could have the image that was resolved, without credentials. What cannot be
    /// found out is no, and so is what lies in a user's own files.
    virtual bool is_public(const ResolvedImage& /*image*/, std::stop_token /*stop*/) {
        return false;
    }

    /// The image config's bytes as served, verified against its digest.
    virtual std::string config_json(const oci::Descriptor& config, std::stop_token stop) = 0;
    /// Makes the blobs readable as files and reports each as soon as its first bytes are, in about
    /// the order given. What is downloaded goes to `spool`/<hex digest>, verified while it streams;
    /// a partial file never has that name, and a finished one that is there already is used
    /// (Verified::no). Returns when all of them are complete, with what came over the network; when
    /// it throws, those that are not have failed.
    virtual FetchedBytes fetch(std::span<const BlobRequest> blobs,
                               const std::filesystem::path& spool, const BlobReady& ready,
                               std::stop_token stop) = 0;
};

/// The source for a reference. Nothing is contacted or opened yet.
std::unique_ptr<ImageSource> open_source(const oci::Reference& reference, const Config& config,
                                         const Environment& environment);

} // namespace aic::registry
