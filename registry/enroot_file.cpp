// SPDX-License-Identifier: Apache-2.0
#include "registry/enroot_file.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/netrc_edit.hpp"
#include "registry/private_file.hpp"

#include <sys/file.h>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

/// The machines whose entries enroot looks for: where the token comes from.
std::vector<std::string> machines_for(std::string_view registry) {
    if (registry == "docker.io")
        return {"auth.docker.io"};
    if (is_ngc(registry))
        return {"nvcr.io", "authn.nvidia.com"};
    return {without_port(registry)};
}

/// One that is a link to elsewhere stays a link.
fs::path real_path(const fs::path& path) {
    std::error_code ignored;
    const auto real = fs::canonical(path, ignored);
    return ignored ? path : real;
}

/// Two logins at once take turns, where the file system can lock a directory. NFS cannot; there the
/// later one wins, and the file is whole all the same.
Fd take_turn(const fs::path& directory) {
    auto fd = open_directory(directory);
    ::flock(fd.get(), LOCK_EX);
    return fd;
}

Secret present_text(const fs::path& path) {
    const auto file = PrivateFile::read(path);
    if (!file)
        return {};
    try {
        file->require_private();
    } catch (const Error&) {
        warn("'{}' was open to others until now: if they are not to have the passwords in it, "
             "change them",
             path.native());
    }
    return Secret(std::string(file->text()));
}

} // namespace

void save_credentials(const fs::path& path, std::string_view registry,
                      const Credentials& credentials) {
    check_netrc_word(credentials.user, "the user name");
    check_netrc_word(credentials.password.reveal(), "the password");
    const auto target = real_path(path);
    make_directories(target.parent_path(), 0700);
    const auto turn = take_turn(target.parent_path());
    auto text = present_text(target);
    in_context(
        [&] { return fmt::format("changing '{}'", path.native()); },
        [&] {
            for (const auto& machine : machines_for(registry))
                text = with_entry(text.reveal(), {machine, credentials.user, credentials.password});
        });
    write_file(target, text.reveal(), 0600);
}

bool remove_credentials(const fs::path& path, std::string_view registry, std::string_view user) {
    const auto target = real_path(path);
    if (!fs::exists(target))
        return false;
    const auto turn = take_turn(target.parent_path());
    const auto before = present_text(target);
    auto text = before;
    for (const auto& machine : credential_hosts(registry))
        text = without_entries(text.reveal(), machine, user);
    if (text == before)
        return false;
    write_file(target, text.reveal(), 0600);
    return true;
}

} // namespace aic::registry
