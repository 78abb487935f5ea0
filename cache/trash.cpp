// SPDX-License-Identifier: Apache-2.0
#include "cache/trash.hpp"

#include "cache/afresh.hpp"
#include "cache/modes.hpp"
#include "cache/pending.hpp"
#include "cache/reserve.hpp"
#include "cache/subtree.hpp"
#include "cache/sync.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

/// UTC without colons, which some file systems do not take. The random part behind it is
/// unique_name().
constexpr const char* k_time_format = "%Y%m%dT%H%M%SZ";

std::string entry_name(std::time_t seconds) {
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    const auto size = std::strftime(text, sizeof text, k_time_format, &parts);
    return std::string(text, size) + "." + unique_name();
}

/// When what is in the entry was removed; nothing for what is no entry.
std::optional<std::int64_t> time_of(const fs::path& entry) {
    std::tm parts{};
    const auto name = entry.filename().native();
    const char* end = ::strptime(name.c_str(), k_time_format, &parts);
    return end && *end == '.' ? std::optional<std::int64_t>(::timegm(&parts)) : std::nullopt;
}

/// Each attempt that fails is one of somebody else that succeeded.
constexpr int k_attempts = 100;

Error keeps_changing(const fs::path& image) {
    return Error(ErrorKind::busy, "others keep removing and restoring '{}'", image.native())
        .with_hint("run the command again");
}

/// A new `trash/<time>.<unique>/<id>`; false when somebody emptied the trash beside us.
bool make_place(const Layout& layout, const fs::path& place) {
    try {
        make_beneath(layout, place);
        return true;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found)
            throw;
        return false;
    }
}

bool move_into_trash(const Layout& layout, const ImageId& id, std::string_view variant) {
    const auto image = layout.variant(id, variant);
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        if (!is_there(layout, image))
            return false;
        const auto place = layout.trash() / entry_name(std::time(nullptr)) / id.hex();
        if (!make_place(layout, place))
            continue;
        if (::rename(image.c_str(), (place / variant).c_str()) == 0) {
            sync_unless_gone(place);
            ::rmdir(layout.image(id).c_str()); // unless it has other variants
            return true;
        }
        const int reason = errno;
        ::rmdir(place.c_str());
        ::rmdir(place.parent_path().c_str());
        // The image is gone, or our entry before the image was in it.
        if (reason != ENOENT)
            throw error_from_errno(reason, fmt::format("removing '{}'", image.native()));
    }
    throw keeps_changing(image);
}

/// Exchanges two directories; false when one of them is not there. What cannot be done in one step
/// is done in two, of which the first brings `there` aside.
bool exchange(const fs::path& staged, const fs::path& there, const fs::path& aside) {
    if (::rename(staged.c_str(), aside.c_str()) != 0)
        throw system_error("publishing '{}'", there.native());
    if (::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, there.c_str(), RENAME_EXCHANGE) == 0)
        return true;
    const int reason = errno;
    if (::rename(aside.c_str(), staged.c_str()) != 0 || reason == ENOENT)
        return false; // emptying the trash took ours, or theirs was removed
    if (reason != EINVAL && reason != ENOSYS && reason != EOPNOTSUPP)
        throw error_from_errno(reason, fmt::format("publishing '{}'", there.native()));
    if (::rename(there.c_str(), aside.c_str()) != 0)
        return false;
    if (::rename(staged.c_str(), there.c_str()) == 0 || errno == EEXIST || errno == ENOTEMPTY)
        return true; // in the latter case somebody has just made it again
    const auto failure = system_error("publishing '{}'", there.native());
    ::rename(aside.c_str(), there.c_str());
    throw failure;
}

} // namespace

bool Trash::put(const ImageId& id, std::string_view variant) const {
    if (!is_there(layout_, layout_.variant(id, variant)))
        return false;
    return with_reserve(layout_, [&] {
        ChangeNote note(layout_, ObjectKey::image(id, variant));
        const bool is_moved = move_into_trash(layout_, id, variant);
        note.done();
        return is_moved;
    });
}

bool Trash::bring_back(const ImageId& id, std::string_view variant) const {
    const auto image = layout_.variant(id, variant);
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        if (is_there(layout_, image))
            return true;
        const auto found = find(id, variant);
        if (!found)
            return false;
        make_beneath(layout_, image.parent_path());
        ChangeNote note(layout_, ObjectKey::image(id, variant));
        if (::rename(found->directory.c_str(), image.c_str()) == 0) {
            sync_unless_gone(image.parent_path());
            ::rmdir(found->directory.parent_path().c_str());
            ::rmdir(found->directory.parent_path().parent_path().c_str());
            note.done();
            return true;
        }
        // A removal beside us may take the directory of the id away before the image is in it.
        if (errno != ENOENT && errno != EEXIST && errno != ENOTEMPTY)
            throw system_error("restoring '{}'", image.native());
        note.done();
    }
    throw keeps_changing(image);
}

bool Trash::replace(const ImageId& id, std::string_view variant, const fs::path& staged) const {
    const auto image = layout_.variant(id, variant);
    if (!is_there(layout_, image))
        return false;
    fsync_directory(staged);
    const auto place = layout_.trash() / entry_name(std::time(nullptr)) / id.hex();
    make_beneath(layout_, place);
    ChangeNote note(layout_, ObjectKey::image(id, variant));
    const bool is_replaced = exchange(staged, image, place / variant);
    if (is_replaced) {
        fsync_directory(image.parent_path());
        fsync_directory(place);
    } else {
        ::rmdir(place.c_str());
        ::rmdir(place.parent_path().c_str());
    }
    note.done();
    return is_replaced;
}

std::vector<TrashedImage> Trash::list() const {
    std::vector<TrashedImage> images;
    for (const auto& entry : entries_of(layout_.trash())) {
        const auto removed = time_of(entry);
        if (!removed)
            continue;
        for (const auto& image : entries_of(entry)) {
            const auto id = sha256_from_hex(image.filename().native());
            if (!id)
                continue;
            for (const auto& variant : entries_of(image))
                images.push_back({ImageId(*id), variant.filename(), *removed, variant});
        }
    }
    return images;
}

std::optional<TrashedImage> Trash::find(const ImageId& id, std::string_view variant) const {
    std::optional<TrashedImage> last;
    for (auto& image : list())
        if (image.id == id && image.variant == variant)
            last = std::move(image);
    return last;
}

std::vector<fs::path> Trash::entries_older_than(std::chrono::seconds age,
                                                std::int64_t now_seconds) const {
    std::vector<fs::path> old;
    for (const auto& entry : entries_of(layout_.trash()))
        if (const auto removed = time_of(entry); removed && *removed <= now_seconds - age.count())
            old.push_back(entry);
    return old;
}

void Trash::discard(const fs::path& entry) const {
    // Out of reach of bring_back() by one rename; what follows may be interrupted and is finished
    // by whoever next cleans up. Nothing is made for it: the disk may have no inode left.
    make_beneath(layout_, layout_.temporary(), k_private_directory_mode);
    const auto grave = layout_.temporary() / unique_name();
    if (::rename(entry.c_str(), grave.c_str()) != 0) {
        if (errno == ENOENT)
            return;
        throw system_error("removing '{}'", entry.native());
    }
    std::error_code ignored; // somebody who cleans up may be at it too
    fs::remove_all(grave, ignored);
}

} // namespace aic::cache
