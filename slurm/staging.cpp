// SPDX-License-Identifier: Apache-2.0
#include "slurm/staging.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/file_system.hpp"
#include "core/files.hpp"
#include "core/range_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace fs = std::filesystem;

namespace aic::slurm {

namespace {

constexpr std::string_view k_arriving = ".arriving-";
constexpr std::time_t k_unread_seconds = 24L * 60 * 60;

struct OldCopy {
    fs::path file;
    std::time_t read_seconds;
};

/// The longest unread first; what has not arrived for a day is one of them.
std::vector<OldCopy> unread_copies(const fs::path& directory) {
    std::vector<OldCopy> copies;
    const auto now = std::time(nullptr);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        struct stat status {};

        if (::lstat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode))
            continue;
        const auto read = std::max(status.st_atime, status.st_mtime);
        if (now - read > k_unread_seconds)
            copies.push_back({entry.path(), read});
    }
    std::ranges::sort(copies, {}, &OldCopy::read_seconds);
    return copies;
}

/// Throws Error(integrity) where a part is not as the record says.
void check_parts(int fd, const fs::path& file, const cache::Record& record, std::stop_token stop) {
    RangeReader reader(fd, file, std::move(stop));
    const auto check = [&](const cache::SegmentRecord& part) {
        if (reader.hash_of(part.offset, part.length_bytes) != part.hash)
            throw Error(ErrorKind::integrity, "'{}' is damaged between byte {} and {}",
                        file.native(), part.offset, part.offset + part.length_bytes);
    };
    check(record.header);
    for (const auto& segment : record.segments)
        check(segment);
    check(record.tables);
}

} // namespace

Staging::Staging(const fs::path& above, uid_t user)
    : directory_(above / fmt::format("aic-image-staged-{}", user))
    , user_(user) {}

fs::path Staging::file_of(const cache::StoredImage& image) const {
    return directory_ / fmt::format("{}-{}.sqsh", image.record.id.hex(), image.record.variant);
}

fs::path Staging::arriving(const cache::StoredImage& image, const std::string& tag) const {
    return directory_
           / fmt::format("{}{}-{}-{}", k_arriving, tag, image.record.id.short_hex(),
                         image.record.variant);
}

bool Staging::is_ours() const {
    struct stat status {};

    return ::lstat(directory_.c_str(), &status) == 0 && S_ISDIR(status.st_mode)
           && status.st_uid == user_ && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::optional<fs::path> Staging::find(const cache::StoredImage& image) const {
    auto file = file_of(image);

    struct stat status {};

    const bool is_whole = is_ours() && ::lstat(file.c_str(), &status) == 0
                          && S_ISREG(status.st_mode) && status.st_uid == user_
                          && static_cast<std::uint64_t>(status.st_size) == image.record.size_bytes;
    return is_whole ? std::optional(std::move(file)) : std::nullopt;
}

void Staging::prepare(const cache::StoredImage& image) const {
    if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST)
        throw error_from_errno(errno, fmt::format("making '{}'", directory_.native()));
    if (!is_ours())
        throw Error(ErrorKind::denied, "'{}' is not yours alone", directory_.native())
            .with_hint("ask an administrator to remove it, or set stage.directory otherwise");
    make_room(image.record.size_bytes);
}

void Staging::make_room(std::uint64_t needed_bytes) const {
    for (const auto& copy : unread_copies(directory_)) {
        if (capacity_of(directory_).free_bytes >= needed_bytes)
            break;
        std::error_code ignored;
        fs::remove(copy.file, ignored);
    }
    require_space(directory_, needed_bytes, "the copy", "'aic-image stage --rm' removes others");
}

void Staging::finish(const cache::StoredImage& image, const fs::path& arrived,
                     std::stop_token stop) const {
    if (!is_ours())
        throw Error(ErrorKind::denied, "'{}' is not yours alone", directory_.native());
    if (std::error_code ignored; !fs::exists(arrived, ignored) && find(image))
        return;
    try {
        const auto fd = open_file(arrived, O_RDONLY | O_NOFOLLOW);
        const auto size = static_cast<std::uint64_t>(fstat_of(fd.get(), arrived).st_size);
        if (size != image.record.size_bytes)
            throw Error(ErrorKind::integrity, "'{}' has {} bytes and not {}", arrived.native(),
                        size, image.record.size_bytes);
        check_parts(fd.get(), arrived, image.record, stop);
        if (::fchmod(fd.get(), 0400) != 0 || ::fsync(fd.get()) != 0
            || ::rename(arrived.c_str(), file_of(image).c_str()) != 0)
            throw system_error("finishing '{}'", arrived.native());
    } catch (...) {
        drop(arrived);
        throw;
    }
}

void Staging::drop(const fs::path& arrived) const {
    std::error_code ignored;
    if (is_ours())
        fs::remove(arrived, ignored);
}

std::size_t Staging::remove(const cache::StoredImage& image) const {
    std::error_code ignored;
    return is_ours() && fs::remove(file_of(image), ignored) ? 1 : 0;
}

std::size_t Staging::remove_all() const {
    std::size_t count = 0;
    if (!is_ours())
        return count;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory_, ignored))
        count += fs::remove(entry.path(), ignored) ? 1 : 0;
    return count;
}

} // namespace aic::slurm
