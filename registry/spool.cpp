// SPDX-License-Identifier: Apache-2.0
#include "registry/spool.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

constexpr std::size_t k_hash_buffer_bytes = 1024UL * 1024;
constexpr std::time_t k_lifetime_seconds = 7L * 24 * 3600;
constexpr std::string_view k_partial = ".partial";

/// "<hex digest>", and ".<hex digest>.partial" that some process may go on with.
bool is_worth_keeping(std::string_view name) {
    if (name.starts_with('.') && name.ends_with(k_partial))
        name = name.substr(1, name.size() - 1 - k_partial.size());
    return sha256_from_hex(name).has_value();
}

/// What a download has written to lately.
bool may_be_resumed(std::string_view name, const struct stat& status) {
    return is_worth_keeping(name) && status.st_uid == ::geteuid() && status.st_size > 0
           && std::time(nullptr) - status.st_mtime < k_lifetime_seconds;
}

} // namespace

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
        if (!is_worth_keeping(name) && !(name.starts_with('.') && name.ends_with(k_partial)))
            continue;
        try {
            const auto fd = open_if_exists(entry.path(), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
            if (fd && ::flock(fd->get(), LOCK_EX | LOCK_NB) == 0
                && !may_be_resumed(name, fstat_of(fd->get(), entry.path())))
                ::unlink(entry.path().c_str());
        } catch (const Error&) {
            // Somebody else's, so not ours to remove.
        }
    }
}

PartialFile::PartialFile(const Spool& spool, const Digest& digest, std::uint64_t size_bytes)
    : target_(spool.path_of(digest))
    , path_(target_.parent_path() / fmt::format(".{}.partial", digest.hex())) {
    is_kept_ = take_over(size_bytes);
    if (!is_kept_)
        make();
}

PartialFile::~PartialFile() {
    if (!path_.empty() && (!is_kept_ || size_bytes_ == 0))
        ::unlink(path_.c_str());
}

/// Opens the file that an earlier download left, or makes it. False when it is not for us to
/// write: another process does, or another user made it.
bool PartialFile::take_over(std::uint64_t size_bytes) {
    fd_ = Fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!fd_ || ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0)
        return false;
    const auto status = fstat_of(fd_.get(), path_);

    struct stat named {};

    // Published or removed by another process between our opening and locking it?
    const bool is_at_its_name = ::lstat(path_.c_str(), &named) == 0 && named.st_ino == status.st_ino
                                && named.st_dev == status.st_dev;
    const bool is_ours = S_ISREG(status.st_mode) && status.st_uid == ::geteuid()
                         && status.st_nlink == 1 && (status.st_mode & 0077) == 0;
    if (!is_at_its_name || !is_ours)
        return false;
    size_bytes_ = static_cast<std::uint64_t>(status.st_size);
    if (size_bytes_ > size_bytes)
        restart();
    if (::lseek(fd_.get(), 0, SEEK_END) < 0)
        throw system_error("going on with '{}'", path_.native());
    return true;
}

/// Makes a file of our own, which nobody goes on with.
void PartialFile::make() {
    const auto digest = target_.filename().native();
    // Between making the file and locking it, another process may take it for an abandoned one.
    constexpr int k_attempts = 100;
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        path_ = target_.parent_path() / fmt::format(".{}.{}.partial", digest, unique_name());
        fd_ = open_file(path_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0 && fstat_of(fd_.get(), path_).st_nlink > 0)
            return;
        ::unlink(path_.c_str());
    }
    throw Error(ErrorKind::system, "locking '{}': other processes keep removing it",
                path_.native());
}

void PartialFile::hash_into(Sha256Hasher& hasher, std::stop_token stop) const {
    std::vector<std::byte> buffer(std::min<std::uint64_t>(size_bytes_, k_hash_buffer_bytes));
    for (std::uint64_t offset = 0; offset < size_bytes_;) {
        if (stop.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        const auto part =
            std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size_bytes_ - offset));
        pread_exact(fd_.get(), part, offset, path_);
        hasher.update(part);
        offset += part.size();
    }
}

void PartialFile::write(std::span<const std::byte> bytes) {
    write_all(fd_.get(), bytes, path_);
    size_bytes_ += bytes.size();
}

void PartialFile::restart() {
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
        throw system_error("emptying '{}'", path_.native());
    size_bytes_ = 0;
}

Fd PartialFile::publish() {
    // No fsync: what a crash leaves behind is verified before it is used again.
    if (::rename(path_.c_str(), target_.c_str()) != 0)
        throw system_error("finishing '{}'", target_.native());
    path_.clear();
    return std::move(fd_);
}

} // namespace aic::registry
