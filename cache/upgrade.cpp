// SPDX-License-Identifier: Apache-2.0
#include "cache/upgrade.hpp"

#include "cache/modes.hpp"
#include "cache/objects.hpp"
#include "cache/subtree.hpp"
#include "cache/trash.hpp"
#include "cache/visibility.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"

#include <sys/stat.h>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

/// Of something of the caller's in his own subtree; links are left as they are.
void give_mode(const fs::path& path, mode_t directory_mode, mode_t file_mode) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0
        || !(S_ISDIR(status.st_mode) || S_ISREG(status.st_mode)))
        return;
    const auto fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const auto mode = S_ISDIR(status.st_mode) ? directory_mode : file_mode;
    if ((status.st_mode & 07777) != mode && ::fchmod(fd.get(), mode) != 0)
        throw system_error("setting the mode of '{}'", path.native());
}

void give_modes_beneath(const fs::path& directory, mode_t directory_mode, mode_t file_mode) {
    give_mode(directory, directory_mode, file_mode);
    if (!fs::is_directory(fs::symlink_status(directory)))
        return;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
        give_mode(entry.path(), directory_mode, file_mode);
}

/// The modes inside a subtree, which are the same in every store. Images are left to themselves:
/// they are everybody's or private.
void mend_subtree(const Layout& layout) {
    for (const auto& directory :
         {layout.references(), layout.names(), layout.pins(), layout.uses(), layout.pending()})
        give_modes_beneath(directory, k_directory_mode, k_file_mode);
    give_mode(layout.images(), k_directory_mode, k_file_mode);
    for (const auto& id : entries_of(layout.images()))
        give_mode(id, k_directory_mode, k_file_mode);
    give_mode(layout.trash(), k_directory_mode, k_file_mode);
    for (const auto& directory : {layout.temporary(), layout.reserve(), layout.private_images()})
        give_mode(directory, k_private_directory_mode, k_private_file_mode);
    // Last: from here on others may look in, where the store lets them.
    give_mode(layout.subtree(), k_directory_mode, k_file_mode);
}

/// Makes every image of the caller's private, and returns how many were not. What was removed
/// would come back as it was, so that is shut too.
std::uint64_t shut_images(const Layout& layout) {
    std::uint64_t changed = 0;
    for (const auto& key : object_keys(layout)) {
        if (key.kind() != ObjectKind::image)
            continue;
        const auto [id, variant] = key.id_and_variant();
        changed += set_visibility(layout, id, variant, Visibility::owner) ? 1 : 0;
    }
    for (const auto& image : Trash(layout).list()) {
        note_private(layout, image.id, image.variant);
        set_modes(image.directory, Visibility::owner);
    }
    return changed;
}

void require_alone(const Layout& layout) {
    for (const auto user : users_of(layout))
        if (user != layout.owner())
            throw Error(ErrorKind::usage,
                        "'{}' cannot become private: the user {} has a part of it",
                        layout.root().native(), user);
}

} // namespace

Upgraded upgrade(const Layout& layout, const SetUp& wanted) {
    const auto before = read_description(layout.description());
    if (!before)
        throw Error(ErrorKind::not_found, "there is no store in '{}'", layout.root().native())
            .with_hint("'aic-image init' makes one");
    const bool opens = before->preset == Preset::personal && wanted.preset != Preset::personal;
    if (wanted.preset == Preset::personal)
        require_alone(layout);
    Upgraded upgraded{.before = *before, .after = {}};
    if (belongs_to_its_user(layout)) {
        if (opens)
            upgraded.shut_images = shut_images(layout);
        mend_subtree(layout);
    }
    upgraded.after = set_up(layout, wanted);
    return upgraded;
}

} // namespace aic::cache
