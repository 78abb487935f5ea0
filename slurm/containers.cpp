// SPDX-License-Identifier: Apache-2.0
#include "slurm/containers.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/printable.hpp"
#include "slurm/enroot_settings.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::slurm {

namespace {

constexpr std::string_view k_pyxis_prefix = "pyxis_";
constexpr std::string_view k_provenance = "# enroot-provenance: ";
constexpr std::size_t k_most_text_bytes = 4096;

std::string names_of(const std::vector<Container>& containers) {
    std::vector<std::string> names;
    for (const auto& container : containers)
        names.push_back(printable(container.users_name()));
    return fmt::format("{}", fmt::join(names, ", "));
}

/// The first bytes of /etc/rc; whatever its symlinks say, nothing that is outside.
std::string head_of_rc(const fs::path& root) {
    const auto open_in = [](const Fd& directory, const char* name, int flags) {
        return Fd(::openat(directory.get(), name,
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags));
    };
    const auto top = open_directory(root);
    const auto etc = open_in(top, "etc", O_DIRECTORY);
    const auto rc = etc ? open_in(etc, "rc", 0) : Fd();
    if (!rc || !S_ISREG(fstat_of(rc.get(), root).st_mode))
        return "";
    std::string text(k_most_text_bytes, '\0');
    text.resize(pread_some(rc.get(), std::as_writable_bytes(std::span(text)), 0, root / "etc/rc"));
    return text;
}

} // namespace

std::string Container::users_name() const {
    return name.starts_with(k_pyxis_prefix) ? name.substr(k_pyxis_prefix.size()) : name;
}

fs::path container_directory(const Environment& environment) {
    if (const auto path = environment("ENROOT_DATA_PATH"))
        return *path;
    const auto settings = load_enroot_settings(enroot_settings_directory(environment));
    if (const auto said = settings.find("ENROOT_DATA_PATH"); said != settings.end()) {
        if (const auto path = expand_setting(said->second, environment))
            return *path;
        else
            throw Error(ErrorKind::usage,
                        "enroot.conf says ENROOT_DATA_PATH is '{}', which takes "
                        "a shell to be read",
                        said->second)
                .with_hint("set the variable ENROOT_DATA_PATH to that directory");
    }
    const auto data = environment("XDG_DATA_HOME");
    return (data ? fs::path(*data) : home_directory(environment) / ".local/share") / "enroot";
}

std::vector<Container> list_containers(const fs::path& directory) {
    std::vector<Container> containers;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(directory, none))
        if (entry.is_directory(none) && !entry.is_symlink(none)
            && !entry.path().filename().native().starts_with('.'))
            containers.push_back({entry.path().filename().native(), entry.path()});
    std::ranges::sort(containers, {}, &Container::name);
    return containers;
}

Container find_container(const std::string& word, const Environment& environment) {
    if (word.find('/') != std::string::npos) {
        const auto root = fs::absolute(word).lexically_normal();
        const auto path = root.has_filename() ? root : root.parent_path();
        if (!fs::is_directory(path))
            throw Error(ErrorKind::not_found, "there is no directory '{}'", path.native());
        return {path.filename().native(), path};
    }
    const auto directory = container_directory(environment);
    const auto containers = list_containers(directory);
    const auto named = [&](const std::string& name) {
        return std::ranges::find(containers, name, &Container::name);
    };
    const auto whole = named(word), pyxis = named(std::string(k_pyxis_prefix) + word);
    if (whole != containers.end() && pyxis != containers.end())
        throw Error(ErrorKind::usage, "'{}' may be enroot's container of that name or pyxis'", word)
            .with_hint(fmt::format("say '{}' or '{}'", printable(pyxis->name),
                                   printable(whole->root.native())));
    if (whole != containers.end() || pyxis != containers.end())
        return whole != containers.end() ? *whole : *pyxis;
    throw Error(ErrorKind::not_found, "there is no container '{}' in '{}'", word,
                directory.native())
        .with_hint(containers.empty()
                       ? "set ENROOT_DATA_PATH to where enroot keeps them on this node; those of a "
                         "node's own disk are only to be seen there"
                       : "there are " + names_of(containers));
}

void remove_container(const Container& container) {
    const auto path = container.root / ".lock";
    const Fd lock(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    const auto require_idle = [&](const fs::path& root) {
        if ((lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
            || is_in_use({container.name, root}))
            throw Error(ErrorKind::busy, "a program runs in '{}'", printable(container.name))
                .with_hint("end the job first");
    };
    require_idle(container.root);
    // Out of the way of whoever would start it now.
    auto aside = container.root;
    aside.replace_filename(fmt::format(".removed-{}", unique_name()));
    if (::rename(container.root.c_str(), aside.c_str()) != 0)
        throw system_error("removing '{}'", container.root.native());
    try {
        require_idle(aside);
    } catch (const Error&) {
        ::rename(aside.c_str(), container.root.c_str());
        throw;
    }
    remove_tree(aside);
    std::error_code none;
    if (fs::exists(fs::symlink_status(aside, none)))
        throw Error(ErrorKind::system, "not all of '{}' could be removed", aside.native());
}

bool is_in_use(const Container& container) {
    struct stat root;
    if (::stat(container.root.c_str(), &root) != 0)
        return false;
    std::error_code none;
    for (const auto& process : fs::directory_iterator("/proc", none)) {
        struct stat its_root;
        if (::stat((process.path() / "root").c_str(), &its_root) == 0
            && its_root.st_dev == root.st_dev && its_root.st_ino == root.st_ino)
            return true;
    }
    return false;
}

std::optional<std::int64_t> last_started(const Container& container) {
    struct stat lock;
    if (::lstat((container.root / ".lock").c_str(), &lock) != 0)
        return std::nullopt;
    return lock.st_mtim.tv_sec;
}

std::optional<std::string> provenance_of(const Container& container) {
    const auto text = head_of_rc(container.root);
    if (!text.starts_with(k_provenance))
        return std::nullopt;
    auto source = text.substr(k_provenance.size());
    source.resize(std::min(source.size(), source.find('\n')));
    for (const std::string_view scheme : {"docker://", "aic:"})
        if (source.starts_with(scheme))
            return source.substr(scheme.size());
    return std::nullopt;
}

} // namespace aic::slurm
