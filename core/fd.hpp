// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/bytes.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

namespace aic {

/// Owns a file descriptor. Born O_CLOEXEC.
class Fd {
public:
    Fd() = default;

    explicit Fd(int fd) : fd_(fd) {}

    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    Fd& operator=(Fd&& other) noexcept;
    ~Fd();

    int get() const { return fd_; }

    explicit operator bool() const { return fd_ >= 0; }

    /// Closes and says whether that worked: on NFS a full disk may show only here. `what` names the
    /// file in the error.
    void close_checked(const std::filesystem::path& what);

private:
    int fd_ = -1;
};

/// open(2) with O_CLOEXEC; throws "opening '<path>': …".
Fd open_file(const std::filesystem::path& path, int flags, mode_t mode = 0666);
/// As open_file(), but nothing when there is no such file, on no node: see forget_failed_lookup().
std::optional<Fd> open_if_exists(const std::filesystem::path& path, int flags);
/// NFS believes a look-up that failed for up to a minute, though another node has made the file
/// since. Opening the directory makes it ask again. False when that is not there either: then the
/// file is not.
bool forget_failed_lookup(const std::filesystem::path& path);

/// A directory held open, so that what is done beneath it cannot be redirected by planted links.
Fd open_directory(const std::filesystem::path& path);

void write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& what);
void pwrite_all(int fd, std::span<const std::byte> bytes, std::uint64_t offset,
                const std::filesystem::path& what);
/// Up to `buffer.size()` bytes from `offset`; 0 at the end of the file, and only there.
std::size_t pread_some(int fd, std::span<std::byte> buffer, std::uint64_t offset,
                       const std::filesystem::path& what);
/// Exactly `buffer.size()` bytes from `offset`; a shorter file is Error(integrity).
void pread_exact(int fd, std::span<std::byte> buffer, std::uint64_t offset,
                 const std::filesystem::path& what);
struct stat fstat_of(int fd, const std::filesystem::path& what);
void fsync_checked(int fd, const std::filesystem::path& what);

/// A Source over a descriptor, from its present position.
class FdSource final : public Source {
public:
    FdSource(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

    std::size_t read(std::span<std::byte> buffer) override;

private:
    Fd fd_;
    std::filesystem::path path_;
};

} // namespace aic
