// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/upper_layer.hpp"

#include "builder/layers/path.hpp"
#include "builder/layers/tar_writer.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/printable.hpp"

#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <map>
#include <memory>
#include <vector>

namespace aic::sandbox {

namespace {

constexpr std::size_t k_piece_bytes = 1 << 20;
constexpr std::size_t k_xattr_bytes = 64 << 10; // the kernel's limits, of a value and of a list
constexpr std::string_view k_overlay_prefix = "user.overlay.";
constexpr std::string_view k_opaque = "user.overlay.opaque";

std::vector<std::string> sorted_names(int directory, const std::string& path) {
    struct Close {
        void operator()(DIR* stream) const noexcept { ::closedir(stream); }
    };

    const std::unique_ptr<DIR, Close> stream(::fdopendir(::dup(directory)));
    if (!stream)
        throw system_error("reading the directory '{}'", printable(path));
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..")
            names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0)
        throw system_error("reading the directory '{}'", printable(path));
    std::ranges::sort(names);
    return names;
}

bool is_kept(std::string_view attribute) {
    return attribute == "security.capability"
           || (attribute.starts_with("user.") && !attribute.starts_with(k_overlay_prefix));
}

/// Of what `name` in the working directory is, and not of what it leads to.
std::string xattr_value(const char* name, const char* attribute) {
    std::string value(k_xattr_bytes, '\0');
    const auto size = ::lgetxattr(name, attribute, value.data(), value.size());
    if (size < 0)
        throw system_error("reading the attribute {}", attribute);
    value.resize(static_cast<std::size_t>(size));
    return value;
}

std::vector<std::string> xattr_names(const char* name) {
    static std::array<char, k_xattr_bytes> list; // one for all: most files have none
    const auto size = ::llistxattr(name, list.data(), list.size());
    if (size < 0) {
        if (errno == ENOTSUP)
            return {};
        throw system_error("listing the attributes");
    }
    std::vector<std::string> names;
    for (const char* at = list.data(); at < list.data() + size; at += names.back().size() + 1)
        names.emplace_back(at);
    std::ranges::sort(names);
    return names;
}

std::string link_target(const char* name) {
    std::string target(PATH_MAX, '\0');
    const auto size = ::readlink(name, target.data(), target.size());
    if (size < 0)
        throw system_error("reading a symlink");
    target.resize(static_cast<std::size_t>(size));
    return target;
}

class UpperLayer {
public:
    UpperLayer(Sink& sink, const LeftOut& left_out)
        : tar_(sink)
        , left_out_(left_out)
        , piece_(k_piece_bytes) {}

    void write(const std::filesystem::path& upper) {
        const auto root = open_directory(upper);
        enter(root.get(), "");
        write_children(root.get(), "");
        tar_.finish();
    }

private:
    static void enter(int directory, const std::string& path) {
        if (::fchdir(directory) != 0)
            throw system_error("entering '{}'", printable(path));
    }

    /// The working directory is `directory`, before and after.
    void write_children(int directory, const std::string& path) {
        for (const auto& name : sorted_names(directory, path)) {
            const auto child = path.empty() ? name : path + '/' + name;
            in_context([&] { return fmt::format("'/{}'", printable(child)); },
                       [&] { write_entry(directory, path, name, child); });
        }
    }

    void write_entry(int directory, const std::string& path, const std::string& name,
                     const std::string& child) {
        struct stat status;
        if (::lstat(name.c_str(), &status) != 0)
            throw system_error("looking at it");
        if (S_ISCHR(status.st_mode) && status.st_rdev == 0)
            return tar_.begin({.type = layers::EntryType::whiteout, .path = child});
        if (name.starts_with(".wh."))
            return left_out_(child, "in a layer such a name means a deletion");
        if (S_ISSOCK(status.st_mode))
            return left_out_(child, "it is a socket");
        auto entry = entry_of(status, name, child);
        if (S_ISDIR(status.st_mode))
            return write_directory(directory, path, name, entry);
        if (!S_ISLNK(status.st_mode) && status.st_nlink > 1 && is_linked_before(status, entry))
            return tar_.begin(entry);
        if (!S_ISREG(status.st_mode))
            return tar_.begin(entry);
        write_file(status, name, entry);
    }

    layers::LayerEntry entry_of(const struct stat& status, const std::string& name,
                                const std::string& path) {
        layers::LayerEntry entry{.path = path,
                                 .mode = static_cast<std::uint16_t>(status.st_mode & 07777),
                                 .uid = status.st_uid,
                                 .gid = status.st_gid,
                                 .mtime_seconds = status.st_mtim.tv_sec};
        using layers::EntryType;
        if (S_ISDIR(status.st_mode)) {
            entry.type = EntryType::directory;
        } else if (S_ISLNK(status.st_mode)) {
            entry.type = EntryType::symlink;
            entry.target = link_target(name.c_str());
        } else if (S_ISFIFO(status.st_mode)) {
            entry.type = EntryType::fifo;
        } else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
            entry.type = S_ISCHR(status.st_mode) ? EntryType::char_device : EntryType::block_device;
            entry.device_major = major(status.st_rdev);
            entry.device_minor = minor(status.st_rdev);
        }
        is_opaque_ = false;
        for (const auto& attribute : xattr_names(name.c_str())) {
            if (attribute == k_opaque)
                is_opaque_ = xattr_value(name.c_str(), attribute.c_str()) == "y";
            if (is_kept(attribute))
                entry.xattrs.push_back({attribute, xattr_value(name.c_str(), attribute.c_str())});
        }
        return entry;
    }

    void write_directory(int directory, const std::string& path, const std::string& name,
                         const layers::LayerEntry& entry) {
        const bool is_opaque = is_opaque_;
        tar_.begin(entry);
        if (is_opaque)
            tar_.begin({.type = layers::EntryType::opaque, .path = entry.path});
        const auto child = open_directory(name);
        enter(child.get(), entry.path);
        write_children(child.get(), entry.path);
        enter(directory, path);
    }

    /// Makes `entry` a link to the first of its inode's names, unless it is that.
    bool is_linked_before(const struct stat& status, layers::LayerEntry& entry) {
        const auto [first, is_new] = first_names_.try_emplace(status.st_ino, entry.path);
        if (is_new)
            return false;
        entry.type = layers::EntryType::hardlink;
        entry.target = first->second;
        entry.xattrs.clear();
        return true;
    }

    void write_file(const struct stat& status, const std::string& name,
                    const layers::LayerEntry& entry) {
        auto left = static_cast<std::uint64_t>(status.st_size);
        const auto file = open_file(name, O_RDONLY | O_NOFOLLOW);
        tar_.begin(entry, left);
        for (std::uint64_t at = 0; left > 0;) {
            const auto piece =
                std::span(piece_).first(std::min<std::uint64_t>(left, piece_.size()));
            pread_exact(file.get(), piece, at, name);
            tar_.data(piece);
            at += piece.size();
            left -= piece.size();
        }
    }

    layers::TarWriter tar_;
    const LeftOut& left_out_;
    Bytes piece_;
    bool is_opaque_ = false; ///< of the entry that entry_of() made last
    std::map<ino_t, std::string> first_names_;
};

} // namespace

void write_upper_layer(const std::filesystem::path& upper, Sink& sink, const LeftOut& left_out) {
    UpperLayer(sink, left_out).write(upper);
}

} // namespace aic::sandbox
