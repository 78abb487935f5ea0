// SPDX-License-Identifier: Apache-2.0
#include "cache/claim.hpp"

#include "cache/modes.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::time_t k_abandoned_seconds = 24 * 3600;

/// Nothing when there is none, or not of one whose images are used.
std::optional<ClaimNote> read_claim_once(const fs::path& path, const Trust& trust) {
    // A FIFO in its place must not keep us waiting.
    auto fd = open_if_exists(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd)
        return std::nullopt;
    const auto status = fstat_of(fd->get(), path);
    if (!S_ISREG(status.st_mode) || !trust.allows(status.st_uid))
        return std::nullopt;
    FdSource source(std::move(*fd), path);
    return parse_claim_note(as_text(read_all(source, k_claim_file_bytes, "the claim")));
}

/// A note that is just being written over is whole a moment later.
std::optional<ClaimNote> read_claim(const fs::path& path, const Trust& trust) {
    constexpr int k_attempts = 4;
    constexpr std::chrono::milliseconds k_pause(20);
    for (int attempt = 1;; ++attempt) {
        try {
            return read_claim_once(path, trust);
        } catch (const Error& error) {
            debug("the claim '{}': {}", path.native(), error.message());
            if (attempt == k_attempts)
                return std::nullopt;
        }
        std::this_thread::sleep_for(k_pause);
    }
}

void remove_own(const fs::path& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) == 0 && status.st_uid == ::geteuid())
        ::unlink(path.c_str());
}

bool is_gone_from_here(const ClaimNote& note, const ClaimNote& own) {
    const bool same_numbers = !own.boot.empty() && note.boot == own.boot
                              && !own.pid_namespace.empty()
                              && note.pid_namespace == own.pid_namespace;
    return same_numbers && note.pid > 0 && ::kill(note.pid, 0) != 0 && errno == ESRCH;
}

} // namespace

Claim::Claim(fs::path path, ClaimNote note, HowFar how_far, std::chrono::milliseconds beat)
    : path_(std::move(path))
    , note_(std::move(note))
    , how_far_(std::move(how_far))
    , beat_(beat)
    , fd_(open_file(path_, O_WRONLY | O_NOFOLLOW))
    , thread_([this] { keep_beating(); }) {}

Claim::~Claim() {
    {
        std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
    // After an owner of the store has tidied up, the number may be another's.
    struct stat ours, there;
    const bool is_ours = ::fstat(fd_.get(), &ours) == 0 && ::lstat(path_.c_str(), &there) == 0
                         && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
    fd_ = Fd(); // NFS only renames a file that is open
    if (is_ours)
        ::unlink(path_.c_str());
}

void Claim::keep_beating() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, beat_, [&] { return ended_; }))
        write_note();
}

/// What fails costs others a wait that they did not need, or the work that we do.
void Claim::write_note() {
    ++note_.beat;
    note_.work = how_far_();
    const auto text = to_json(note_);
    if (::pwrite(fd_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())
        || ::fdatasync(fd_.get()) != 0) // NFS shows it to others no sooner
        debug("the claim '{}' is not kept up: {}", path_.native(), std::strerror(errno));
}

Claimant::Claimant(const Layout& layout, const std::string& key, std::string job, Trust trust,
                   ClaimTiming timing)
    : files_(layout.claims(), "." + key)
    , own_(make_claim_note(std::move(job)))
    , trust_(std::move(trust))
    , timing_(timing) {}

std::optional<ClaimNote> Claimant::holder() {
    newest_ = files_.newest();
    if (newest_ == 0)
        return std::nullopt;
    auto note = read_claim(files_.path(newest_), trust_);
    return note && is_alive(*note) ? note : std::nullopt;
}

bool Claimant::is_alive(const ClaimNote& note) {
    if (is_gone_from_here(note, own_))
        return false;
    // Whatever the clocks of the nodes say: it is seen to change, or not.
    const auto now = std::chrono::steady_clock::now();
    auto seen = fmt::format("{} {}", note.nonce, note.beat);
    if (seen != last_seen_) {
        last_seen_ = std::move(seen);
        last_change_ = now;
    }
    return now - last_change_ < timing_.dead_after;
}

std::unique_ptr<Claim> Claimant::take(Claim::HowFar how_far) {
    make_directories(files_.directory(), k_private_directory_mode);
    if (newest_ >= k_highest_number)
        throw Error(ErrorKind::busy, "a claim in '{}' has the number {}, after which there is none",
                    files_.directory().native(), newest_);
    const auto path = files_.path(newest_ + 1);
    AtomicFile file(path, k_file_mode);
    file.write(as_bytes(to_json(own_)));
    if (!file.commit_new())
        return nullptr;
    if (newest_ > 0)
        remove_own(files_.path(newest_));
    return std::make_unique<Claim>(path, own_, std::move(how_far), timing_.beat);
}

std::vector<fs::path> abandoned_claims(const Layout& layout) {
    std::vector<fs::path> files;
    for (const auto& path : entries_of(layout.claims())) {
        struct stat status;
        if (::lstat(path.c_str(), &status) == 0
            && status.st_mtim.tv_sec < std::time(nullptr) - k_abandoned_seconds)
            files.push_back(path);
    }
    return files;
}

} // namespace aic::cache
