// SPDX-License-Identifier: Apache-2.0
#include "cache/visibility.hpp"

#include "cache/modes.hpp"
#include "cache/pending.hpp"
#include "cache/subtree.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

void set_mode(const Fd& fd, const fs::path& path, mode_t mode) {
    // Only what differs: ctime tells when something was changed.
    if ((fstat_of(fd.get(), path).st_mode & 07777) == mode)
        return;
    if (::fchmod(fd.get(), mode) != 0)
        throw system_error("setting the mode of '{}'", path.native());
}

void set_file_modes(const fs::path& directory, mode_t mode) {
    for (const auto& path : entries_of(directory))
        set_mode(open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), path, mode);
}

} // namespace

void set_modes(const fs::path& image_directory, Visibility visibility) {
    const auto directory = open_file(image_directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (visibility == Visibility::owner) {
        set_mode(directory, image_directory, k_private_directory_mode);
        return set_file_modes(image_directory, k_private_image_mode);
    }
    set_file_modes(image_directory, k_image_mode);
    set_mode(directory, image_directory, k_directory_mode);
}

Visibility visibility_of(const fs::path& image_directory) {
    struct stat status;
    const auto record = image_directory / k_record_name;
    const bool is_private =
        ::lstat(record.c_str(), &status) == 0 && (status.st_mode & S_IROTH) == 0;
    return is_private ? Visibility::owner : Visibility::everyone;
}

void note_private(const Layout& layout, const ImageId& id, std::string_view variant) {
    make_beneath(layout, layout.private_images(), k_private_directory_mode);
    const auto path = layout.private_image(id, variant);
    open_file(path, O_WRONLY | O_CREAT | O_NOFOLLOW, k_private_file_mode).close_checked(path);
    fsync_directory(layout.private_images());
}

bool set_visibility(const Layout& layout, const ImageId& id, std::string_view variant,
                    Visibility visibility) {
    const auto image = layout.variant(id, variant);
    const bool is_private = visibility == Visibility::owner;
    std::error_code ignored;
    const bool is_noted = fs::exists(layout.private_image(id, variant), ignored);
    if (visibility_of(image) == visibility && is_noted == is_private)
        return false;
    ChangeNote note(layout, ObjectKey::image(id, variant));
    if (is_private)
        note_private(layout, id, variant);
    set_modes(image, visibility);
    if (!is_private && ::unlink(layout.private_image(id, variant).c_str()) != 0 && errno != ENOENT)
        throw system_error("removing '{}'", layout.private_image(id, variant).native());
    note.done();
    return true;
}

std::vector<ImageKey> private_images(const Layout& layout) {
    std::vector<ImageKey> keys;
    for (const auto& path : entries_of(layout.private_images()))
        if (auto key = image_key_of(path.filename().native()))
            keys.push_back(std::move(*key));
    return keys;
}

} // namespace aic::cache
