// SPDX-License-Identifier: Apache-2.0
#include "registry/archive_input.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "registry/magic.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

constexpr std::size_t k_copy_bytes = 1 << 20;
constexpr const char* k_standard_input = "standard input";

void refuse_compressed(std::span<const std::byte> first_bytes, const std::string& what,
                       const std::string& argument) {
    const auto compression = compression_by_magic(first_bytes);
    if (compression.empty())
        return;
    const auto program = compression == "gzip" ? "gzip" : compression;
    throw Error(ErrorKind::usage, "{} is compressed with {}, and an archive is read as a plain tar",
                what, compression)
        .with_hint(fmt::format("'{} -dc{} | aic-image pull -' decompresses it on the way", program,
                               argument));
}

void refuse_compressed(const BlobFile& file, const std::string& what, const std::string& argument) {
    std::array<std::byte, k_magic_bytes> first_bytes{};
    pread_some(file.fd->get(), first_bytes, file.offset, file.path);
    refuse_compressed(first_bytes, what, argument);
}

/// Waits for bytes, or for a stop.
class StoppableInput {
public:
    StoppableInput(int descriptor, std::string name, std::stop_token stop)
        : descriptor_(descriptor)
        , name_(std::move(name))
        , stop_(stop)
        , wake_(::eventfd(0, EFD_CLOEXEC)) {
        if (!wake_)
            throw system_error("making an eventfd");
    }

    /// 0 at the end.
    std::size_t read(std::span<std::byte> buffer) {
        for (;;) {
            wait();
            const auto count = ::read(descriptor_, buffer.data(), buffer.size());
            if (count >= 0)
                return static_cast<std::size_t>(count);
            if (errno != EINTR && errno != EAGAIN)
                throw system_error("reading {}", name_);
        }
    }

private:
    void wait() {
        const std::stop_callback wake(stop_, [this] { ::eventfd_write(wake_.get(), 1); });
        std::array<pollfd, 2> events{{{descriptor_, POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
        while (!stop_.stop_requested() && ::poll(events.data(), events.size(), -1) < 0)
            if (errno != EINTR)
                throw system_error("waiting for {}", name_);
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
    }

    const int descriptor_;
    const std::string name_;
    const std::stop_token stop_;
    const Fd wake_;
};

/// Its space is free again when it is closed, however the process ends.
Fd nameless_file(const fs::path& directory) {
    if (Fd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)); fd)
        return fd;
    // Not all file systems have O_TMPFILE.
    const auto path = directory / unique_name();
    auto fd = open_file(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    ::unlink(path.c_str());
    return fd;
}

std::uint64_t size_of(const struct stat& status) {
    return static_cast<std::uint64_t>(status.st_size);
}

} // namespace

BlobFile open_archive_file(const fs::path& path) {
    auto fd = open_file(path, O_RDONLY | O_NONBLOCK);
    const auto status = fstat_of(fd.get(), path);
    if (S_ISDIR(status.st_mode))
        throw Error(ErrorKind::usage, "'{}' is a directory, not an archive", path.native())
            .with_hint(fmt::format("'oci:{}' is an OCI layout in a directory", path.native()));
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorKind::usage, "'{}' is not a regular file", path.native())
            .with_hint(fmt::format("'aic-image pull - < {}' reads it once", path.native()));
    BlobFile file{.fd = std::make_shared<const Fd>(std::move(fd)),
                  .path = path,
                  .size_bytes = size_of(status)};
    refuse_compressed(file, fmt::format("'{}'", path.native()),
                      fmt::format(" '{}'", path.native()));
    return file;
}

BlobFile copy_archive_input(int descriptor, const std::string& name, const fs::path& spool,
                            std::stop_token stop) {
    require_private_directory(spool);
    StoppableInput input(descriptor, name, stop);
    auto copy = nameless_file(spool);
    Bytes buffer(k_copy_bytes);
    std::size_t filled = 0;
    std::uint64_t size_bytes = 0;
    // The first piece is read until its kind shows; a pipe may bring a byte at a time.
    while (const auto count = input.read(std::span(buffer).subspan(filled))) {
        filled += count;
        if (size_bytes == 0 && filled < k_magic_bytes)
            continue;
        const auto piece = std::span<const std::byte>(buffer).first(filled);
        if (size_bytes == 0)
            refuse_compressed(piece, name, "");
        pwrite_all(copy.get(), piece, size_bytes, spool);
        size_bytes += filled;
        filled = 0;
    }
    pwrite_all(copy.get(), std::span<const std::byte>(buffer).first(filled), size_bytes, spool);
    return {.fd = std::make_shared<const Fd>(std::move(copy)),
            .path = name,
            .size_bytes = size_bytes + filled};
}

BlobFile open_archive_input(int descriptor, const fs::path& spool, std::stop_token stop) {
    const auto status = fstat_of(descriptor, k_standard_input);
    if (::isatty(descriptor))
        throw Error(ErrorKind::usage, "{} is a terminal, where an archive is expected",
                    k_standard_input)
            .with_hint("'docker save IMAGE | aic-image pull -'");
    if (!S_ISREG(status.st_mode))
        return in_context(
            [&] { return fmt::format("reading {}", k_standard_input); },
            [&] { return copy_archive_input(descriptor, k_standard_input, spool, stop); });
    Fd own(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    const auto position = own ? ::lseek(own.get(), 0, SEEK_CUR) : -1;
    if (position < 0)
        throw system_error("opening {}", k_standard_input);
    const auto offset = std::min(static_cast<std::uint64_t>(position), size_of(status));
    BlobFile file{.fd = std::make_shared<const Fd>(std::move(own)),
                  .path = k_standard_input,
                  .offset = offset,
                  .size_bytes = size_of(status) - offset};
    refuse_compressed(file, k_standard_input, "");
    return file;
}

} // namespace aic::registry
