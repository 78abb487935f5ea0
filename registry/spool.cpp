// SPDX-License-Identifier: Apache-2.0
#include "registry/spool.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

#include <sys/file.h>
#include <unistd.h>

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

void Spool::remove_abandoned() const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory_, ignored)) {
        const auto name = entry.path().filename().native();
        if (!name.starts_with('.') || !name.ends_with(".partial"))
            continue;
        try {
            const auto fd = open_if_exists(entry.path(), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
            if (fd && ::flock(fd->get(), LOCK_EX | LOCK_NB) == 0)
                ::unlink(entry.path().c_str());
        } catch (const Error&) {
            // Somebody else's, so not ours to remove.
        }
    }
}

PartialFile::PartialFile(const Spool& spool, const Digest& digest)
    : target_(spool.path_of(digest)) {
    // Between making the file and locking it, another process may take it for an abandoned one.
    constexpr int k_attempts = 100;
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        path_ = target_.parent_path() / fmt::format(".{}.{}.partial", digest.hex(), unique_name());
        fd_ = open_file(path_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0 && fstat_of(fd_.get(), path_).st_nlink > 0)
            return;
        ::unlink(path_.c_str());
    }
    throw Error(ErrorKind::system, "locking '{}': other processes keep removing it",
                path_.native());
}

PartialFile::~PartialFile() {
    if (!path_.empty())
        ::unlink(path_.c_str());
}

void PartialFile::write(std::span<const std::byte> bytes) {
    write_all(fd_.get(), bytes, path_);
}

void PartialFile::restart() {
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
        throw system_error("emptying '{}'", path_.native());
}

Fd PartialFile::publish() {
    // No fsync: what a crash leaves behind is verified before it is used again.
    if (::rename(path_.c_str(), target_.c_str()) != 0)
        throw system_error("finishing '{}'", target_.native());
    path_.clear();
    return std::move(fd_);
}

} // namespace aic::registry
