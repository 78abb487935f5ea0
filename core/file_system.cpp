// SPDX-License-Identifier: Apache-2.0
#include "core/file_system.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace fs = std::filesystem;

namespace aic {

namespace {

/// The kernel writes blanks, line ends and backslashes of names as "\040": three octal digits.
std::string unescaped(std::string_view text) {
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digits = text.substr(i + 1 < text.size() ? i + 1 : i, 3);
        if (text[i] == '\\' && digits.size() == 3 && std::ranges::all_of(digits, is_octal)) {
            const int value = (digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0');
            result += static_cast<char>(value);
            i += 3;
        } else {
            result += text[i];
        }
    }
    return result;
}

void add_options(std::string_view text, std::vector<std::string>& options) {
    std::istringstream words{std::string(text)};
    for (std::string word; std::getline(words, word, ',');)
        if (std::ranges::find(options, word) == options.end())
            options.push_back(unescaped(word));
}

/// "36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw,errors=continue"
std::optional<Mount> parse_mount(const std::string& line) {
    std::istringstream words(line);
    std::string id, parent, device, root, point, options, word;
    if (!(words >> id >> parent >> device >> root >> point >> options))
        return std::nullopt;
    while (words >> word && word != "-") {
    }
    Mount mount;
    std::string source, further;
    if (!(words >> mount.type >> source >> further))
        return std::nullopt;
    mount.point = unescaped(point);
    mount.source = unescaped(source);
    add_options(options, mount.options);
    add_options(further, mount.options);
    return mount;
}

bool is_above(const fs::path& parent, const fs::path& path) {
    return std::ranges::mismatch(parent, path).in1 == parent.end() || parent == path.root_path();
}

} // namespace

bool Mount::has(std::string_view option) const {
    return std::ranges::find(options, option) != options.end();
}

std::optional<std::string> Mount::value_of(std::string_view name) const {
    for (const auto& option : options)
        if (option.size() > name.size() && option.starts_with(name) && option[name.size()] == '=')
            return option.substr(name.size() + 1);
    return std::nullopt;
}

bool Mount::is_nfs() const {
    return type == "nfs" || type == "nfs4";
}

bool Mount::is_shared() const {
    constexpr std::array<std::string_view, 14> k_types = {
        "nfs",  "nfs4", "lustre", "beegfs", "gpfs",  "ceph", "cifs",
        "smb3", "9p",   "afs",    "panfs",  "pvfs2", "gfs2", "wekafs"};
    constexpr std::array<std::string_view, 4> k_fuse = {"fuse.sshfs", "fuse.glusterfs",
                                                        "fuse.ceph-fuse", "fuse.juicefs"};
    return std::ranges::find(k_types, type) != k_types.end()
           || std::ranges::find(k_fuse, type) != k_fuse.end();
}

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
    std::vector<Mount> mounts;
    std::istringstream lines{std::string(mountinfo)};
    for (std::string line; std::getline(lines, line);)
        if (auto mount = parse_mount(line))
            mounts.push_back(std::move(*mount));
    return mounts;
}

const Mount* mount_above(const std::vector<Mount>& mounts, const fs::path& path) {
    const Mount* nearest = nullptr;
    for (const auto& mount : mounts) // in the order in which they were mounted
        if (is_above(mount.point, path)
            && (!nearest || mount.point.native().size() >= nearest->point.native().size()))
            nearest = &mount;
    return nearest;
}

std::optional<Mount> mount_of(const fs::path& path) {
    constexpr std::uint64_t k_most_bytes = 16 << 20;
    std::error_code ignored;
    const auto canonical = fs::canonical(nearest_existing(path), ignored); // mounts what autofs has
    const auto text = read_file_if_exists("/proc/self/mountinfo", k_most_bytes);
    const auto mounts = parse_mounts(text.value_or(""));
    const auto* found = mount_above(mounts, canonical);
    return found ? std::optional(*found) : std::nullopt;
}

Capacity capacity_of(const fs::path& path) {
    const auto place = nearest_existing(path);
    struct statvfs status;
    if (::statvfs(place.c_str(), &status) != 0)
        throw system_error("examining the file system of '{}'", place.native());
    return {.free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize,
            .size_bytes = std::uint64_t{status.f_blocks} * status.f_frsize,
            .free_inodes = status.f_favail,
            .inodes = status.f_files};
}

static dev_t device_of(const fs::path& path) {
    const auto place = nearest_existing(path);
    struct stat status;
    if (::stat(place.c_str(), &status) != 0)
        throw system_error("examining '{}'", place.native());
    return status.st_dev;
}

bool is_same_file_system(const fs::path& one, const fs::path& other) {
    return device_of(one) == device_of(other);
}

void require_space(const fs::path& path, std::uint64_t needed_bytes, std::string_view what_for,
                   std::string hint) {
    const auto available = capacity_of(path).free_bytes;
    if (available < needed_bytes)
        throw Error(ErrorKind::no_space, "{} needs {} in '{}', where {} are free", what_for,
                    human_size(needed_bytes), path.native(), human_size(available))
            .with_hint(std::move(hint));
}

fs::path nearest_existing(fs::path path) {
    std::error_code ignored;
    while (path.has_relative_path() && !fs::exists(path, ignored))
        path = path.parent_path();
    return path.empty() ? fs::path(".") : path;
}

} // namespace aic
