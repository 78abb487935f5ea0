// SPDX-License-Identifier: Apache-2.0
#include "core/fd.hpp"

#include "core/error.hpp"

#include <unistd.h>

#include <cerrno>

namespace aic {

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0)
            ::close(fd_);
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0)
        ::close(fd_);
}

void Fd::close_checked(const std::filesystem::path& what) {
    // The descriptor is gone whatever close() says; trying again could close somebody else's.
    if (::close(std::exchange(fd_, -1)) != 0)
        throw system_error("closing '{}'", what.native());
}

Fd open_file(const std::filesystem::path& path, int flags, mode_t mode) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!fd)
        throw system_error("opening '{}'", path.native());
    return fd;
}

std::optional<Fd> open_if_exists(const std::filesystem::path& path, int flags) {
    for (bool is_first = true;; is_first = false) {
        Fd fd(::open(path.c_str(), flags | O_CLOEXEC));
        if (fd)
            return fd;
        if (errno != ENOENT && errno != ENOTDIR)
            throw system_error("opening '{}'", path.native());
        if (!is_first || !forget_failed_lookup(path))
            return std::nullopt;
    }
}

bool forget_failed_lookup(const std::filesystem::path& path) {
    const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    if (parent == path)
        return false;
    const auto is_there = [&] {
        return bool(Fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    };
    return is_there() || (errno == ENOENT && forget_failed_lookup(parent) && is_there());
}

Fd open_directory(const std::filesystem::path& path) {
    return open_file(path, O_RDONLY | O_DIRECTORY);
}

void write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& what) {
    while (!bytes.empty()) {
        const auto count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            throw system_error("writing '{}'", what.native());
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void pwrite_all(int fd, std::span<const std::byte> bytes, std::uint64_t offset,
                const std::filesystem::path& what) {
    while (!bytes.empty()) {
        const auto count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            throw system_error("writing '{}'", what.native());
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

std::size_t pread_some(int fd, std::span<std::byte> buffer, std::uint64_t offset,
                       const std::filesystem::path& what) {
    for (;;) {
        const auto count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
        if (count >= 0)
            return static_cast<std::size_t>(count);
        if (errno != EINTR)
            throw system_error("reading '{}'", what.native());
    }
}

void pread_exact(int fd, std::span<std::byte> buffer, std::uint64_t offset,
                 const std::filesystem::path& what) {
    while (!buffer.empty()) {
        const auto count = pread_some(fd, buffer, offset, what);
        if (count == 0)
            throw Error(ErrorKind::integrity, "'{}' ends at byte {} where more was expected",
                        what.native(), offset);
        buffer = buffer.subspan(count);
        offset += count;
    }
}

struct stat fstat_of(int fd, const std::filesystem::path& what) {
    struct stat status;
    if (::fstat(fd, &status) != 0)
        throw system_error("examining '{}'", what.native());
    return status;
}

void fsync_checked(int fd, const std::filesystem::path& what) {
    if (::fsync(fd) != 0)
        throw system_error("writing '{}' to disk", what.native());
}

std::size_t FdSource::read(std::span<std::byte> buffer) {
    for (;;) {
        const auto count = ::read(fd_.get(), buffer.data(), buffer.size());
        if (count >= 0)
            return static_cast<std::size_t>(count);
        if (errno != EINTR)
            throw system_error("reading '{}'", path_.native());
    }
}

} // namespace aic
