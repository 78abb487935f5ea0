// SPDX-License-Identifier: Apache-2.0
#include "registry/spool.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

#include <sys/file.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::registry {

Spool::Spool(fs::path directory) : directory_(std::move(directory)) {
    make_directories(directory_, 0700);
    const auto fd = open_directory(directory_);
    const auto status = fstat_of(fd.get(), directory_);
    const bool others_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    const bool sticky = (status.st_mode & S_ISVTX) != 0;
    if ((status.st_uid != ::geteuid() && status.st_uid != 0) || (others_write && !sticky))
        throw Error(ErrorKind::denied,
                    "using '{}' for downloads: others could exchange the files in it",
                    directory_.native())
            .with_hint("name a directory of your own with AIC_IMAGE_SPOOL");
}

fs::path Spool::path_of(const Digest& digest) const {
    return directory_ / digest.hex();
}

bool Spool::has(const Digest& digest, std::uint64_t size_bytes) const {
    struct stat status;
    return ::lstat(path_of(digest).c_str(), &status) == 0 && S_ISREG(status.st_mode)
           && status.st_uid == ::geteuid()
           && static_cast<std::uint64_t>(status.st_size) == size_bytes;
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

void PartialFile::publish() {
    // No fsync: what a crash leaves behind is verified before it is used again.
    if (::rename(path_.c_str(), target_.c_str()) != 0)
        throw system_error("finishing '{}'", target_.native());
    path_.clear();
    fd_.close_checked(target_);
}

} // namespace aic::registry
