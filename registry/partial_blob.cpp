// SPDX-License-Identifier: Apache-2.0
#include "registry/partial_blob.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"
#include "registry/partial_claims.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

constexpr std::uint64_t k_worth_keeping_bytes = 64 << 10;
constexpr std::uint64_t k_max_claims_bytes = 1 << 20;

/// How much may come before it is claimed: a hundredth, as long as that is a sensible write.
std::uint64_t claim_interval(std::uint64_t size_bytes) {
    return std::clamp<std::uint64_t>(size_bytes / 100, 64 << 10, 16 << 20);
}

/// The blob's partial file, locked, new or with what an earlier process left; nothing when another
/// process has it or when it is not a private file of ours.
Fd open_resumable(const fs::path& path) {
    constexpr int k_attempts = 100; // others may remove it before we have the lock
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
        if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
            return Fd();
        const auto status = fstat_of(fd.get(), path);
        if (status.st_nlink == 0)
            continue;
        const bool is_ours = S_ISREG(status.st_mode) && status.st_uid == ::geteuid()
                             && (status.st_mode & 077) == 0 && status.st_nlink == 1;
        return is_ours ? std::move(fd) : Fd();
    }
    return Fd();
}

/// Lets it end when it will: a disk may take many seconds, for which no connection should wait. The
/// process does, at its end.
void leave_behind(std::future<void> syncing) {
    static std::mutex mutex;
    static std::vector<std::future<void>> left;
    const std::lock_guard lock(mutex);
    std::erase_if(left, [](const auto& other) {
        return other.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    left.push_back(std::move(syncing));
}

void write_synced_new(const PartialPaths& paths, const std::string& text) {
    auto fd = open_file(paths.synced_new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    write_all(fd.get(), as_bytes(text), paths.synced_new);
    fsync_checked(fd.get(), paths.synced_new);
}

void put_synced_in_place(const PartialPaths& paths) {
    if (::rename(paths.synced_new.c_str(), paths.synced.c_str()) != 0)
        throw system_error("renaming '{}'", paths.synced_new.native());
}

} // namespace

PartialBlob::PartialBlob(const Spool& spool, const Digest& digest, std::uint64_t size_bytes,
                         std::chrono::seconds sync_interval)
    : target_(spool.path_of(digest))
    , size_bytes_(size_bytes)
    , sync_interval_(sync_interval)
    , paths_(spool.partial_paths(digest)) {
    *fd_ = open_resumable(paths_.data);
    if (!*fd_) {
        open_private(digest);
        return;
    }
    inode_ = fstat_of(fd_->get(), paths_.data).st_ino;
    believe_claims();
    if (ranges_.list().empty())
        clear();
}

PartialBlob::~PartialBlob() {
    if (!fd_)
        return;
    try {
        if (is_kept()) {
            claim();
            return;
        }
    } catch (const Error& error) {
        debug("{}", error.message());
    }
    ::unlink(paths_.data.c_str());
    remove_claims();
}

void PartialBlob::open_private(const Digest& digest) {
    is_resumable_ = false;
    // Between making the file and locking it, another process may take it for an abandoned one.
    constexpr int k_attempts = 100;
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        paths_.data =
            target_.parent_path() / fmt::format(".{}.{}.partial", digest.hex(), unique_name());
        *fd_ = open_file(paths_.data, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        if (::flock(fd_->get(), LOCK_EX | LOCK_NB) == 0
            && fstat_of(fd_->get(), paths_.data).st_nlink > 0)
            return;
        ::unlink(paths_.data.c_str());
    }
    throw Error(ErrorKind::system, "locking '{}': other processes keep removing it",
                paths_.data.native());
}

void PartialBlob::believe_claims() {
    const auto status = fstat_of(fd_->get(), paths_.data);
    const auto boot = boot_id();
    for (const auto& path : {paths_.synced, paths_.written}) {
        const auto fd = open_if_exists(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        if (!fd || fstat_of(fd->get(), path).st_uid != ::geteuid())
            continue;
        const auto claims =
            parse_partial_claims(read_file_if_exists(path, k_max_claims_bytes).value_or(""));
        const bool holds = claims && claims->inode == inode_ && claims->size_bytes == size_bytes_
                           && (claims->boot.empty() || claims->boot == boot);
        if (!holds)
            continue;
        for (const auto& range : claims->ranges.list())
            if (range.end <= static_cast<std::uint64_t>(status.st_size))
                ranges_.add(range);
    }
}

std::uint64_t PartialBlob::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    std::uint64_t new_bytes = 0;
    for (const auto& gap : ranges_.gaps({offset, offset + bytes.size()})) {
        const auto piece = bytes.subspan(gap.begin - offset, gap.size());
        pwrite_all(fd_->get(), piece, gap.begin, paths_.data);
        ranges_.add(gap);
        new_bytes += gap.size();
        if (gap.begin == hashed_bytes_) {
            hasher_.update(piece);
            hashed_bytes_ += gap.size();
        }
    }
    // A little at a time: whoever waits for the network must not wait for the hash of a long
    // prefix that an earlier process left.
    constexpr std::uint64_t k_catch_up_bytes = 4 << 20;
    hash_what_follows(k_catch_up_bytes);
    unclaimed_bytes_ += new_bytes;
    if (unclaimed_bytes_ >= claim_interval(size_bytes_))
        claim();
    sync_now_and_then();
    return new_bytes;
}

void PartialBlob::hash_what_follows(std::uint64_t limit_bytes) {
    const auto end = std::min(contiguous_bytes(), hashed_bytes_ + limit_bytes);
    if (hashed_bytes_ >= end)
        return;
    constexpr std::size_t k_buffer_bytes = 256 << 10;
    Bytes buffer(k_buffer_bytes);
    while (hashed_bytes_ < end) {
        const auto piece =
            std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), end - hashed_bytes_));
        pread_exact(fd_->get(), piece, hashed_bytes_, paths_.data);
        hasher_.update(piece);
        hashed_bytes_ += piece.size();
    }
}

bool PartialBlob::is_kept() const {
    return fd_ && is_resumable_ && ranges_.total() >= k_worth_keeping_bytes;
}

void PartialBlob::claim() {
    unclaimed_bytes_ = 0;
    if (!is_resumable_)
        return;
    if (!claims_fd_)
        claims_fd_ = open_file(paths_.written, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
    const auto text = to_text({inode_, size_bytes_, boot_id(), ranges_});
    // In place and after the bytes: a process that is killed leaves either the old or the new text.
    pwrite_all(claims_fd_.get(), as_bytes(text), 0, paths_.written);
}

void PartialBlob::sync_now_and_then() {
    const auto now = std::chrono::steady_clock::now();
    const bool is_syncing =
        syncing_.valid() && syncing_.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
    if (!is_resumable_ || now - synced_at_ < sync_interval_ || is_syncing)
        return;
    synced_at_ = now;
    const auto text = to_text({inode_, size_bytes_, "", ranges_});
    syncing_ =
        std::async(std::launch::async, [file = fd_, paths = paths_, text, claim = sync_claim_] {
            try {
                fsync_checked(file->get(), paths.data);
                write_synced_new(paths, text);
                std::unique_lock lock(claim->mutex);
                if (claim->is_void) {
                    ::unlink(paths.synced_new.c_str());
                    return;
                }
                put_synced_in_place(paths);
                lock.unlock();
                fsync_directory(paths.synced.parent_path());
            } catch (const Error& error) {
                debug("{}", error.message()); // a crash would cost more, that is all
            }
        });
}

Digest PartialBlob::digest() {
    hash_what_follows(size_bytes_);
    return Digest(hasher_.finish());
}

void PartialBlob::remove_claims() {
    {
        const std::lock_guard lock(sync_claim_->mutex);
        sync_claim_->is_void = true;
    }
    sync_claim_ = std::make_shared<SyncClaim>();
    if (syncing_.valid())
        leave_behind(std::move(syncing_));
    claims_fd_ = Fd();
    if (!is_resumable_)
        return;
    for (const auto& path : {paths_.written, paths_.synced, paths_.synced_new})
        ::unlink(path.c_str());
}

void PartialBlob::clear() {
    remove_claims();
    if (::ftruncate(fd_->get(), 0) != 0)
        throw system_error("emptying '{}'", paths_.data.native());
}

void PartialBlob::restart() {
    clear();
    ranges_ = {};
    hasher_ = {};
    hashed_bytes_ = unclaimed_bytes_ = 0;
}

std::shared_ptr<const Fd> PartialBlob::publish() {
    // No fsync: what a crash leaves behind is verified before it is used again.
    if (::rename(paths_.data.c_str(), target_.c_str()) != 0)
        throw system_error("finishing '{}'", target_.native());
    remove_claims();
    return std::exchange(fd_, nullptr);
}

} // namespace aic::registry
