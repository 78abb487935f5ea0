// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"

#include "core/error.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>

namespace fs = std::filesystem;

namespace aic {

constexpr std::string_view k_lock_name = ".lock";

std::string unique_name() {
    std::array<char, 65> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0)
        host[0] = '\0';
    std::random_device random;
    return fmt::format("{}.{}.{:08x}{:08x}", host.data(), ::getpid(), random(), random());
}

AtomicFile::AtomicFile(fs::path target, mode_t mode)
    : target_(std::move(target))
    , temporary_(target_.parent_path() / fmt::format(".{}.tmp", unique_name()))
    , fd_(open_file(temporary_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode)) {
    if (::fchmod(fd_.get(), mode) != 0)
        throw system_error("setting the mode of '{}'", temporary_.native());
}

AtomicFile::~AtomicFile() {
    fd_ = Fd(); // NFS only renames a file that is open
    if (!temporary_.empty())
        ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    write_all(fd_.get(), bytes, target_);
}

void AtomicFile::commit(Durability durability) {
    if (durability == Durability::synced)
        fsync_checked(fd_.get(), target_);
    fd_.close_checked(target_);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0)
        throw system_error("publishing '{}'", target_.native());
    temporary_.clear();
    if (durability == Durability::synced)
        fsync_directory(target_.parent_path());
}

bool AtomicFile::commit_new() {
    fsync_checked(fd_.get(), target_);
    fd_.close_checked(target_);
    return link_new(temporary_, target_); // the temporary name goes with us
}

void write_file(const fs::path& path, std::string_view text, mode_t mode) {
    AtomicFile file(path, mode);
    file.write(as_bytes(text));
    file.commit();
}

std::optional<std::string> read_file_if_exists(const fs::path& path, std::uint64_t limit_bytes) {
    return reopening_if_stale(path, [&]() -> std::optional<std::string> {
        auto fd = open_if_exists(path, O_RDONLY);
        if (!fd)
            return std::nullopt;
        FdSource source(std::move(*fd), path);
        const auto bytes = read_all(source, limit_bytes, fmt::format("'{}'", path.native()));
        return std::string(as_text(bytes));
    });
}

/// Where the lock stands until its directory is there: a directory with a lock in neither place is
/// abandoned.
static fs::path early_lock(const fs::path& directory) {
    return fs::path(directory.native() + std::string(k_lock_name));
}

namespace {

enum class Locked { yes, by_other, unknown };

/// Unknown where there are no locks, as on NFS without a lock server: what was made there stays.
Locked try_lock(int fd) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0)
        return Locked::yes;
    return errno == EWOULDBLOCK ? Locked::by_other : Locked::unknown;
}

} // namespace

WorkDir::WorkDir(const fs::path& parent) {
    // Between making the lock and taking it, another process may hold it for an abandoned one.
    constexpr int k_attempts = 100;
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        path_ = parent / unique_name();
        const auto early = early_lock(path_);
        lock_ = open_file(early, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        const bool is_ours =
            try_lock(lock_.get()) != Locked::by_other && fstat_of(lock_.get(), early).st_nlink > 0;
        if (is_ours && ::mkdir(path_.c_str(), 0700) == 0
            && ::rename(early.c_str(), (path_ / k_lock_name).c_str()) == 0)
            return;
        const int reason = errno;
        ::unlink(early.c_str());
        ::rmdir(path_.c_str());
        if (is_ours)
            throw error_from_errno(reason,
                                   fmt::format("making the directory '{}'", path_.native()));
    }
    throw Error(ErrorKind::busy, "other processes keep removing what is made in '{}'",
                parent.native());
}

void remove_tree(const fs::path& tree) noexcept {
    std::error_code error;
    fs::remove_all(tree, error);
    if (!error)
        return;
    // A directory of ours may forbid even us to look into it.
    const auto open_up = [](const fs::path& directory) {
        ::chmod(directory.c_str(), S_IRWXU); // NOLINT: what it does not help shows below
    };
    try {
        if (!fs::is_directory(fs::symlink_status(tree)))
            return;
        open_up(tree);
        std::vector<fs::path> directories = {tree};
        while (!directories.empty()) {
            const auto directory = std::move(directories.back());
            directories.pop_back();
            for (const auto& entry : fs::directory_iterator(directory, error))
                if (fs::is_directory(entry.symlink_status())) {
                    open_up(entry.path());
                    directories.push_back(entry.path());
                }
        }
    } catch (const std::exception&) {
        return; // what is left will be found by remove_abandoned()
    }
    fs::remove_all(tree, error);
}

WorkDir::~WorkDir() {
    // NFS keeps a file that is still open under another name, so the directory would not be empty.
    // Who takes it for abandoned as soon as the lock is free removes it just the same.
    lock_ = Fd();
    remove_tree(path_);
}

/// Nothing when there is no such lock. One of which nothing is known may be held.
static std::optional<bool> is_held(const fs::path& lock_path) {
    const auto lock = open_if_exists(lock_path, O_RDWR | O_NOFOLLOW);
    if (!lock)
        return std::nullopt;
    return try_lock(lock->get()) != Locked::yes;
}

static bool is_abandoned(const fs::path& entry) {
    if (!fs::is_directory(fs::symlink_status(entry)))
        return !is_held(entry).value_or(true);
    if (const auto held = is_held(early_lock(entry)))
        return !*held;
    return !is_held(entry / k_lock_name).value_or(false);
}

/// As unique_name() makes them, perhaps with the early lock's suffix: "host.1234.0123456789abcdef".
static bool is_own_name(std::string_view name) {
    if (name.ends_with(k_lock_name))
        name.remove_suffix(k_lock_name.size());
    constexpr std::string_view k_digits = "0123456789";
    constexpr std::string_view k_hex_digits = "0123456789abcdef";
    const auto random_dot = name.rfind('.');
    if (random_dot == std::string_view::npos || random_dot == 0)
        return false;
    const auto random = name.substr(random_dot + 1);
    const auto pid_dot = name.rfind('.', random_dot - 1);
    if (pid_dot == std::string_view::npos)
        return false;
    const auto pid = name.substr(pid_dot + 1, random_dot - pid_dot - 1);
    return random.size() == 16 && random.find_first_not_of(k_hex_digits) == std::string_view::npos
           && !pid.empty() && pid.find_first_not_of(k_digits) == std::string_view::npos;
}

void WorkDir::remove_abandoned(const fs::path& parent) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(parent, ignored)) {
        try {
            if (is_own_name(entry.path().filename().native()) && is_abandoned(entry.path()))
                remove_tree(entry.path());
        } catch (const std::exception&) {
            // Somebody else is removing it too, or it is not ours to remove.
        }
    }
}

static std::error_code read_entries(const fs::path& directory, std::vector<fs::path>& entries) {
    std::error_code error;
    entries.clear();
    for (auto entry = fs::directory_iterator(directory, error);
         !error && entry != fs::directory_iterator(); entry.increment(error))
        entries.push_back(entry->path());
    return error;
}

std::vector<fs::path> entries_of(const fs::path& directory) {
    std::vector<fs::path> entries;
    auto error = read_entries(directory, entries);
    // On NFS another node may have made it since we last looked, or removed it under our eyes.
    if ((error == std::errc::no_such_file_or_directory && forget_failed_lookup(directory))
        || error.value() == ESTALE)
        error = read_entries(directory, entries);
    if (error && error != std::errc::no_such_file_or_directory
        && error != std::errc::not_a_directory)
        throw error_from_errno(error.value(),
                               fmt::format("reading the directory '{}'", directory.native()));
    std::ranges::sort(entries);
    return entries;
}

bool link_new(const fs::path& from, const fs::path& to) {
    if (::link(from.c_str(), to.c_str()) != 0) {
        const int reason = errno;
        // NFS may lose the reply to a link that worked and answer the repeated request with EEXIST.
        struct stat ours, theirs;
        const bool is_ours = reason == EEXIST && ::lstat(from.c_str(), &ours) == 0
                             && ::lstat(to.c_str(), &theirs) == 0 && ours.st_ino == theirs.st_ino
                             && ours.st_dev == theirs.st_dev;
        if (reason == EEXIST && !is_ours)
            return false;
        if (!is_ours)
            throw error_from_errno(reason, fmt::format("publishing '{}'", to.native()));
    }
    fsync_directory(to.parent_path());
    return true;
}

void fsync_directory(const fs::path& directory) {
    const auto fd = open_directory(directory);
    fsync_checked(fd.get(), directory);
}

void make_directories(const fs::path& directory, mode_t mode) {
    std::error_code ignored; // mkdir says better what is wrong
    if (directory.empty() || fs::is_directory(directory, ignored))
        return;
    make_directories(directory.parent_path(), mode);
    if (::mkdir(directory.c_str(), mode) == 0) {
        // What is made in a group's directory stays the group's.
        struct stat made;
        const bool is_groups =
            ::lstat(directory.c_str(), &made) == 0 && (made.st_mode & S_ISGID) != 0;
        if (::chmod(directory.c_str(), mode | (is_groups ? S_ISGID : 0U)) != 0)
            throw system_error("setting the mode of '{}'", directory.native());
    } else if (errno != EEXIST || !fs::is_directory(directory, ignored)) {
        throw system_error("making the directory '{}'", directory.native());
    }
}

void require_private_directory(const fs::path& directory, mode_t mode) {
    make_directories(directory, mode);
    const auto fd = open_file(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const auto status = fstat_of(fd.get(), directory);
    const bool others_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    const bool sticky = (status.st_mode & S_ISVTX) != 0;
    if ((status.st_uid != ::geteuid() && status.st_uid != 0) || (others_write && !sticky))
        throw Error(ErrorKind::denied, "using '{}': others could exchange the files in it",
                    directory.native());
}

std::chrono::system_clock::time_point time_point_of(const struct timespec& time) {
    const auto since_epoch =
        std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

} // namespace aic
