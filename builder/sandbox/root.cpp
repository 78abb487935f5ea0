// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/root.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/subprocess.hpp"

#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <thread>

namespace fs = std::filesystem;

namespace aic::sandbox {

namespace {

/// Where the step's script is in /run, a file system in memory.
constexpr std::string_view k_step_directory = "aic-image";

/// What helps package managers, and only while the step runs: each where its directory is there.
struct Helper {
    const char* directory;
    const char* name;
    const char* text;
    mode_t mode;
};

constexpr std::array k_helpers = {
    // Services are not started while packages are installed (invoke-rc.d(8)).
    Helper{"usr/sbin", "policy-rc.d", "#!/bin/sh\nexit 101\n", 0755},
    // Only one user is there to be switched to.
    Helper{"etc/apt/apt.conf.d", "zz-aic-image", "APT::Sandbox::User \"root\";\n", 0644},
    // A step that does not end leaves nothing, so nothing need be synced on the way.
    Helper{"etc/dpkg/dpkg.cfg.d", "zz-aic-image", "force-unsafe-io\n", 0644},
};

void make_directory(const fs::path& path, mode_t mode = 0755) {
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
        throw system_error("making '{}'", path.native());
    ::chmod(path.c_str(), mode); // whatever the umask; somebody else's directory stays as it is
}

void make_parents(const fs::path& path) {
    fs::path so_far;
    for (const auto& part : path.parent_path()) {
        so_far /= part;
        if (!fs::exists(fs::symlink_status(so_far)))
            make_directory(so_far);
    }
}

void write_text(const fs::path& path, std::string_view text, mode_t mode) {
    auto file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    write_all(file.get(), as_bytes(text), path);
    ::fchmod(file.get(), mode);
    file.close_checked(path);
}

void squashfuse(const std::string& image, const fs::path& target) {
    for (const auto* program : {"squashfuse_ll", "squashfuse"}) {
        const auto result = run_to_end(
            {.argv = {program, image, target.native()}, .environment = environment_for_children()},
            {});
        if (!result)
            continue;
        if (result->status == 0)
            return;
        throw Error(ErrorKind::system, "mounting '{}': {} failed", image, program)
            .with_hint(
                ::access("/dev/fuse", R_OK | W_OK) == 0
                    ? fmt::format("run '{} {} DIRECTORY' to see what it says", program, image)
                    : "'/dev/fuse' is missing, or you may not use it: 'aic-image doctor' "
                      "says what mends that");
    }
    throw Error(ErrorKind::not_found, "mounting '{}': squashfuse is not there", image)
        .with_hint("install the package 'squashfuse' on this machine");
}

std::string through_descriptor(const Fd& fd) {
    return fmt::format("/proc/self/fd/{}", fd.get());
}

/// What `path` leads to with `root` as the root directory; nothing that is outside. The kernel
/// gives up a walk over ".." while anything on the machine is being renamed or mounted, because it
/// cannot tell then that the walk stayed inside (EAGAIN, openat2(2)): it is asked again, for up to
/// 10 s.
Fd open_in_root(const Fd& root, std::string_view path) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const std::string name(path);
    const auto given_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (true) {
        Fd found(
            static_cast<int>(::syscall(SYS_openat2, root.get(), name.c_str(), &how, sizeof how)));
        if (found || errno != EAGAIN || std::chrono::steady_clock::now() > given_up)
            return found;
        std::this_thread::yield();
    }
}

std::string_view relative(std::string_view path) {
    while (path.starts_with('/'))
        path.remove_prefix(1);
    return path;
}

} // namespace

void make_read_only(const fs::path& mount_point) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(AT_FDCWD, mount_point.c_str(), AT_RECURSIVE, &attributes, sizeof attributes)
        != 0)
        throw system_error("making a mount read-only");
}

/// Where the symlink `name` in `parent` leads, which is nowhere yet: a resolv.conf that leads into
/// /run, for one.
std::string link_target(const Fd& parent, const std::string& name, const fs::path& place) {
    std::string text(PATH_MAX, '\0');
    const auto size = ::readlinkat(parent.get(), name.c_str(), text.data(), text.size());
    if (size < 0)
        throw system_error("making '/{}' inside, to mount there", place.native());
    text.resize(static_cast<std::size_t>(size));
    return ("/" / place.parent_path() / text).lexically_normal().native();
}

Root::Root(const Plan& plan) : plan_(plan), scratch_(plan.scratch) {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        throw system_error("making the mounts private");
    for (const auto* name : {"images", "skeleton", "files", "upper", "work", "root"})
        make_directory(scratch_ / name);
    make_directory(scratch_ / "tmp", 01777);
    mount_images();
    lay_skeleton();
    lay_files();
    mount_overlay();
    mount_devices();
    mount_temporary();
    put_script();
    for (const auto& bind : plan_.binds)
        if (has_place(bind))
            mount_bind(bind);
    if (plan_.is_read_only)
        close_for_writing();
}

/// The root itself, and not what is mounted in it.
void Root::close_for_writing() const {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(AT_FDCWD, path().c_str(), 0, &attributes, sizeof attributes) != 0)
        throw system_error("making the root read-only");
}

void Root::mount_images() {
    for (const auto& image : plan_.images) {
        const auto target = scratch_ / "images" / std::to_string(images_.size());
        make_directory(target);
        squashfuse(image, target);
        images_.push_back(target);
    }
}

bool Root::is_in_images(const fs::path& path) const {
    return std::ranges::any_of(images_, [&](const fs::path& image) {
        return fs::exists(fs::symlink_status(image / path));
    });
}

bool Root::has_place(const Bind& bind) const {
    return !bind.is_optional || is_in_images(fs::path(relative(bind.target)).parent_path());
}

void Root::lay_target(std::string_view target, bool is_directory) {
    // Made on the machine's own file system: nothing leads out of the skeleton.
    const auto path = fs::path("/" / fs::path(relative(target))).lexically_normal().relative_path();
    if (path.empty() || is_in_images(path))
        return;
    const auto place = scratch_ / "skeleton" / path;
    make_parents(place);
    if (is_directory)
        make_directory(place);
    else
        write_text(place, "", 0644);
}

/// The lowest layer of all: what has to be there to be mounted upon, and what helps. Nothing of it
/// comes into the upper directory unless the script changes it.
void Root::lay_skeleton() {
    for (const auto* name : {"/proc", "/dev", "/tmp", "/run"})
        lay_target(name, true);
    for (const auto& bind : plan_.binds)
        if (has_place(bind))
            lay_target(bind.target, fs::is_directory(bind.source));
    lay_target(plan_.working_directory, true);
    for (const auto& helper : k_helpers) {
        const auto path = fs::path(helper.directory) / helper.name;
        if (!is_in_images(helper.directory) || is_in_images(path))
            continue;
        make_parents(scratch_ / "skeleton" / path);
        write_text(scratch_ / "skeleton" / path, helper.text, helper.mode);
    }
}

/// Their directories take the modes that they have in the images, since they are what is seen.
void Root::lay_files() {
    for (const auto& file : plan_.files) {
        const auto place = scratch_ / "files" / file.path;
        make_parents(place);
        write_text(place, file.text, 0644);
        has_files_ = true;
        for (auto directory = fs::path(file.path).parent_path(); !directory.empty();
             directory = directory.parent_path())
            for (auto image = images_.rbegin(); image != images_.rend(); ++image) {
                struct stat status;
                if (::lstat((*image / directory).c_str(), &status) != 0)
                    continue;
                ::chmod((scratch_ / "files" / directory).c_str(), status.st_mode & 07777);
                break;
            }
    }
}

void Root::mount_overlay() {
    // Short names, since all of them have to fit into a page, and free of ':' and ','.
    if (::chdir(scratch_.c_str()) != 0)
        throw system_error("entering '{}'", scratch_.native());
    std::string lower = has_files_ ? "files:" : "";
    for (std::size_t i = images_.size(); i > 0; --i)
        lower += fmt::format("images/{}:", i - 1);
    const auto options =
        fmt::format("lowerdir={}skeleton,upperdir=upper,workdir=work,userxattr,volatile", lower);
    if (::mount("overlay", "root", "overlay", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
        throw system_error("mounting an overlay with its upper directory in '{}'",
                           scratch_.native())
            .with_hint("that takes a local file system (ext4, xfs, tmpfs): set 'spool' in your "
                       "settings to a directory on one; 'aic-image doctor' tries it");
    if (::chdir("/") != 0)
        throw system_error("entering '/'");
}

Fd Root::target(std::string_view path, bool is_directory, int links_left) {
    const auto root = open_directory(this->path());
    auto found = open_in_root(root, path);
    if (found)
        return found;
    if (errno != ENOENT)
        throw system_error("mounting at '{}' inside", path);
    const fs::path place(relative(path));
    auto parent = place.has_parent_path() ? target(place.parent_path().native(), true)
                                          : open_in_root(root, ".");
    const auto name = place.filename().native();
    const bool is_made =
        is_directory
            ? ::mkdirat(parent.get(), name.c_str(), 0755) == 0
            : static_cast<bool>(Fd(::openat(parent.get(), name.c_str(),
                                            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)));
    if (!is_made && errno == EEXIST && links_left > 0)
        return target(link_target(parent, name, place), is_directory, links_left - 1);
    found = open_in_root(root, path);
    if (!is_made || !found)
        throw system_error("making '{}' inside, to mount there", path);
    made_.push_back({std::move(parent), name, is_directory});
    return found;
}

/// What is at `path` inside, whatever the image's symlinks say of it. They are a stranger's, and to
/// follow them from here would lead to files of this machine.
Fd Root::open_inside(std::string_view path) const {
    auto found = open_in_root(open_directory(this->path()), path);
    if (!found)
        throw system_error("opening '{}' inside", path);
    return found;
}

void Root::mount_at(const char* type, const std::string& where, unsigned long flags,
                    const char* options) {
    const auto place = target(where, true);
    if (::mount(type, through_descriptor(place).c_str(), type, flags, options) != 0)
        throw system_error("mounting {} at '{}' inside", type, where);
    mounted_.push_back(fs::read_symlink(through_descriptor(place)));
}

void Root::mount_devices() {
    mount_at("tmpfs", "/dev", MS_NOSUID, "mode=755,size=1m");
    const auto mounted = open_inside("/dev");
    const fs::path dev = through_descriptor(mounted);
    for (const auto* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
        write_text(dev / name, "", 0666);
        const auto source = fs::path("/dev") / name;
        if (::mount(source.c_str(), (dev / name).c_str(), nullptr, MS_BIND, nullptr) != 0)
            throw system_error("mounting '{}' inside", source.native());
        make_read_only(dev / name); // it can be written to, but not be changed itself
    }
    for (const auto* name : {"pts", "shm"})
        make_directory(dev / name);
    if (::mount("devpts", (dev / "pts").c_str(), "devpts", MS_NOSUID | MS_NOEXEC,
                "newinstance,ptmxmode=0666,mode=0620")
        != 0)
        throw system_error("mounting devpts inside");
    if (::mount("tmpfs", (dev / "shm").c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0)
        throw system_error("mounting tmpfs at '/dev/shm' inside");
    constexpr std::array<std::array<const char*, 2>, 5> k_links = {{{"pts/ptmx", "ptmx"},
                                                                    {"/proc/self/fd", "fd"},
                                                                    {"/proc/self/fd/0", "stdin"},
                                                                    {"/proc/self/fd/1", "stdout"},
                                                                    {"/proc/self/fd/2", "stderr"}}};
    for (const auto& [leads_to, name] : k_links)
        if (::symlink(leads_to, (dev / name).c_str()) != 0)
            throw system_error("making '/dev/{}' inside", name);
}

/// What programs leave there is no part of an image. /tmp is on disk, since wheels that are built
/// there would fill the memory.
void Root::mount_temporary() {
    mount_at("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
    mount_bind({(scratch_ / "tmp").native(), "/tmp", true});
}

void Root::put_script() {
    const auto run = open_inside("/run"); // ours, and nobody else has been there yet
    if (plan_.purpose == Purpose::program)
        return;
    const auto directory = fs::path(through_descriptor(run)) / k_step_directory;
    make_directory(directory);
    write_text(directory / plan_.script_name, plan_.script, 0755);
}

void Root::mount_bind(const Bind& bind) {
    in_context([&] { return fmt::format("showing '{}' at '{}'", bind.source, bind.target); },
               [&] {
                   const auto source = open_file(bind.source, O_PATH);
                   const bool is_directory = S_ISDIR(fstat_of(source.get(), bind.source).st_mode);
                   const auto place = target(bind.target, is_directory);
                   if (::mount(through_descriptor(source).c_str(),
                               through_descriptor(place).c_str(), nullptr, MS_BIND | MS_REC,
                               nullptr)
                       != 0)
                       throw system_error("mounting it");
                   mounted_.push_back(fs::read_symlink(through_descriptor(place)));
                   if (!bind.is_writable)
                       make_read_only(mounted_.back());
               });
}

void Root::take_apart() noexcept {
    for (auto place = mounted_.rbegin(); place != mounted_.rend(); ++place)
        ::umount2(place->c_str(), MNT_DETACH);
    for (auto place = made_.rbegin(); place != made_.rend(); ++place)
        ::unlinkat(place->parent.get(), place->name.c_str(),
                   place->is_directory ? AT_REMOVEDIR : 0);
    mounted_.clear();
    made_.clear();
}

void Root::clear() noexcept {
    ::umount2(path().c_str(), MNT_DETACH);
    for (const auto& image : images_)
        ::umount2(image.c_str(), MNT_DETACH);
    // Where something may still be mounted, nothing but an empty directory is removed.
    ::rmdir(path().c_str());
    for (const auto& image : images_)
        ::rmdir(image.c_str());
    ::rmdir((scratch_ / "images").c_str());
    std::error_code ignored;
    for (const auto* name : {"upper", "work", "skeleton", "files", "tmp"})
        fs::remove_all(scratch_ / name, ignored);
}

} // namespace aic::sandbox
