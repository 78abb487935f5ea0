// SPDX-License-Identifier: Apache-2.0
#include "cache/set_up.hpp"

#include "cache/modes.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr mode_t k_permissions = 07777;

/// An error for a file system that does not do as it is told.
Error not_kept(const fs::path& directory, std::string_view what) {
    return Error(ErrorKind::denied, "the file system does not keep the {} of '{}'", what,
                 directory.native())
        .with_hint(
            "a store of several users needs one that does; 'init --preset private' does not");
}

/// Gives the directory its group and mode, and looks whether they are there.
void set_modes(const fs::path& directory, mode_t mode, std::optional<gid_t> group) {
    const auto fd = open_file(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (group && ::fchown(fd.get(), static_cast<uid_t>(-1), *group) != 0)
        throw system_error("giving '{}' to the group {}", directory.native(), *group)
            .with_hint("you have to be a member of that group");
    if (::fchmod(fd.get(), mode) != 0)
        throw system_error("setting the mode of '{}'", directory.native());
    const auto status = fstat_of(fd.get(), directory);
    if ((status.st_mode & k_permissions) != mode)
        throw not_kept(directory, "mode");
    if (group && status.st_gid != *group)
        throw not_kept(directory, "group");
}

void require_owned(const fs::path& root) {
    struct stat status;
    if (::lstat(root.c_str(), &status) != 0)
        throw system_error("examining '{}'", root.native());
    if (status.st_uid != ::geteuid())
        throw Error(ErrorKind::denied, "'{}' belongs to the user {}, who has to set it up",
                    root.native(), status.st_uid);
}

/// NFS may show everybody's files as nobody's.
void require_owners_kept(const fs::path& root) {
    AtomicFile probe(root / "probe");
    const auto status = fstat_of(probe.fd(), probe.temporary());
    if (status.st_uid != ::geteuid())
        throw not_kept(root, "owner");
}

/// A root that is made now is nobody else's before it has its modes.
void make_root(const fs::path& root, Preset preset) {
    const bool is_shared = preset != Preset::personal;
    make_directories(root.parent_path(), is_shared ? k_directory_mode : k_private_directory_mode);
    make_directories(root, k_private_directory_mode);
}

void set_all_modes(const Layout& layout, const SetUp& wanted) {
    const auto modes = shared_modes(wanted.preset);
    for (const auto& directory : {layout.users(), layout.claims(), layout.catalogue()}) {
        make_directories(directory, k_private_directory_mode);
        set_modes(directory, modes.shared, wanted.group);
    }
    // Last: only now may others come in.
    set_modes(layout.root(), modes.root, wanted.group);
}

StoreDescription write_description(const Layout& layout, const StoreDescription& description) {
    write_file(layout.description(), to_json(description));
    return description;
}

} // namespace

StoreDescription set_up(const Layout& layout, const SetUp& wanted) {
    return in_context(fmt::format("setting up the store '{}'", layout.root().native()), [&] {
        make_root(layout.root(), wanted.preset);
        require_owned(layout.root());
        if (wanted.preset != Preset::personal)
            require_owners_kept(layout.root());
        set_all_modes(layout, wanted);
        return write_description(layout,
                                 {.preset = wanted.preset, .trusts_group = wanted.trusts_group});
    });
}

StoreDescription begin_personal(const Layout& layout) {
    make_directories(layout.users(), k_private_directory_mode);
    return write_description(layout, {});
}

std::vector<SharedDirectory> shared_directories(const Layout& layout, Preset preset) {
    const auto modes = shared_modes(preset);
    std::vector<SharedDirectory> all;
    for (const auto& [path, mode] :
         {std::pair(layout.root(), modes.root), std::pair(layout.users(), modes.shared),
          std::pair(layout.claims(), modes.shared), std::pair(layout.catalogue(), modes.shared)}) {
        struct stat status;
        if (::lstat(path.c_str(), &status) == 0)
            all.push_back(
                {path, status.st_mode & k_permissions, mode, status.st_uid, status.st_gid});
    }
    return all;
}

} // namespace aic::cache
