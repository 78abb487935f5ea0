// SPDX-License-Identifier: Apache-2.0
#include "registry/spool.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

namespace fs = std::filesystem;

namespace aic::registry {

Spool::Spool(fs::path directory) : directory_(std::move(directory)) {
    try {
        require_private_directory(directory_);
    } catch (const Error& error) {
        throw error.with_hint("name a directory of your own with AIC_IMAGE_SPOOL");
    }
}

fs::path Spool::path_of(const Digest& digest) const {
    return directory_ / digest.hex();
}

std::optional<Fd> Spool::open(const Digest& digest, std::uint64_t size_bytes) const {
    const auto path = path_of(digest);
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd)
        return std::nullopt;
    const auto status = fstat_of(fd.get(), path);
    const bool usable = S_ISREG(status.st_mode) && status.st_uid == ::geteuid()
                        && static_cast<std::uint64_t>(status.st_size) == size_bytes;
    return usable ? std::optional(std::move(fd)) : std::nullopt;
}

namespace {

constexpr std::string_view k_partial = ".partial";
constexpr std::string_view k_written = ".written";
constexpr std::string_view k_synced = ".synced";
constexpr std::string_view k_synced_new = ".synced.new";
constexpr std::chrono::hours k_abandoned_after{7 * 24};

fs::path with_suffix(fs::path path, std::string_view suffix) {
    return path += suffix;
}

std::string partial_name(const Digest& digest) {
    return fmt::format(".{}{}", digest.hex(), k_partial);
}

/// "<64 hex digits>"
bool is_blob_name(std::string_view name) {
    return sha256_from_hex(name).has_value();
}

/// ".<64 hex digits>.partial", which a later process can go on with.
bool is_resumable_name(std::string_view name) {
    return name.starts_with('.') && name.ends_with(k_partial)
           && is_blob_name(name.substr(1, name.size() - 1 - k_partial.size()));
}

/// Of claims, the name of the partial file they belong to.
std::optional<std::string_view> claimed_name(std::string_view name) {
    for (const auto suffix : {k_written, k_synced_new, k_synced}) {
        if (!name.ends_with(suffix))
            continue;
        const auto data = name.substr(0, name.size() - suffix.size());
        return is_resumable_name(data) ? std::optional(data) : std::nullopt;
    }
    return std::nullopt;
}

void remove_if_abandoned(const fs::path& path) {
    const auto fd = open_if_exists(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    if (!fd || ::flock(fd->get(), LOCK_EX | LOCK_NB) != 0)
        return;
    const auto name = path.filename().native();
    const auto age =
        std::chrono::system_clock::now() - time_point_of(fstat_of(fd->get(), path).st_mtim);
    const bool is_of_use = is_blob_name(name) || is_resumable_name(name);
    if (!is_of_use || age >= k_abandoned_after)
        ::unlink(path.c_str());
}

} // namespace

std::uint64_t spooled_bytes(const fs::path& directory, const Digest& digest) {
    constexpr std::uint64_t k_sector_bytes = 512; // of st_blocks, whatever the file system's are
    std::error_code ignored;
    if (const auto whole = directory / digest.hex(); fs::is_regular_file(whole, ignored))
        return fs::file_size(whole);
    const auto fd =
        open_if_exists(directory / partial_name(digest), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd || ::flock(fd->get(), LOCK_SH | LOCK_NB) != 0)
        return 0; // of another process, beside which this one writes a file of its own
    return static_cast<std::uint64_t>(fstat_of(fd->get(), directory).st_blocks) * k_sector_bytes;
}

PartialPaths Spool::partial_paths(const Digest& digest) const {
    const auto data = directory_ / partial_name(digest);
    return {data, with_suffix(data, k_written), with_suffix(data, k_synced),
            with_suffix(data, k_synced_new)};
}

void Spool::remove_abandoned() const {
    for (const auto& path : entries_of(directory_)) {
        const auto name = path.filename().native();
        const bool is_partial = name.starts_with('.') && name.ends_with(k_partial);
        try {
            // Claims come after their file in the order of names.
            if (is_partial || is_blob_name(name))
                remove_if_abandoned(path);
            else if (const auto data = claimed_name(name);
                     data && !fs::exists(fs::symlink_status(directory_ / *data)))
                ::unlink(path.c_str());
        } catch (const Error&) {
            // Somebody else's, so not ours to remove.
        }
    }
}

} // namespace aic::registry
