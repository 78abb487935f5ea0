// SPDX-License-Identifier: Apache-2.0
#include "builder/enroot_cache.hpp"

#include "builder/blob_decoding.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::builder {

namespace {

/// What enroot compresses layers with, whatever they came as.
constexpr std::string_view k_media_type = "application/vnd.oci.image.layer.v1.tar+zstd";

bool only_ours(const struct stat& status) {
    return (status.st_uid == ::geteuid() || status.st_uid == 0)
           && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

} // namespace

EnrootCache::EnrootCache(const fs::path& directory) : path_(directory) {
    Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd)
        return;
    if (only_ours(fstat_of(fd.get(), directory)))
        directory_ = std::move(fd);
    else
        debug("'{}' is passed over: others may write in it", directory.native());
}

fs::path EnrootCache::default_directory(const Environment& environment) {
    if (const auto path = environment("ENROOT_CACHE_PATH"))
        return *path;
    if (const auto cache = environment("XDG_CACHE_HOME"))
        return fs::path(*cache) / "enroot";
    return home_directory(environment) / ".cache" / "enroot";
}

std::optional<EnrootCache::Layer> EnrootCache::find(const oci::Descriptor& layer) const {
    if (!directory_ || left_out_.contains(layer.digest))
        return std::nullopt;
    const auto name = layer.digest.hex();
    const auto path = path_ / name;
    // Not to wait for a pipe, nor to follow a link out of the directory.
    auto fd = std::make_shared<Fd>(
        ::openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!*fd)
        return std::nullopt;
    const auto status = fstat_of(fd->get(), path);
    if (!S_ISREG(status.st_mode) || status.st_size == 0 || !only_ours(status))
        return std::nullopt;
    auto descriptor = layer;
    descriptor.media_type = k_media_type;
    descriptor.size_bytes = static_cast<std::uint64_t>(status.st_size);
    return Layer{{std::move(fd), path, registry::Verified::yes}, std::move(descriptor)};
}

std::optional<std::string> EnrootCache::fault_of(const Layer& layer, const DiffId& diff_id,
                                                 std::stop_token stop) const {
    try {
        Crew crew(0);
        const LayerBlob blob{layer.file, layer.descriptor, diff_id};
        TarStream tar(blob, crew);
        Sha256Hasher hash;
        for (auto piece = tar.next(stop); !piece.empty(); piece = tar.next(stop))
            hash.update(piece);
        if (const DiffId actual(hash.finish()); actual != diff_id)
            return fmt::format("it holds {} instead of {}", actual.str(), diff_id.str());
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::integrity)
            throw;
        return error.message();
    }
    return std::nullopt;
}

} // namespace aic::builder
