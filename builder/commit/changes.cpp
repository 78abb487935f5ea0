// SPDX-License-Identifier: Apache-2.0
#include "builder/commit/changes.hpp"

#include "builder/commit/accounts.hpp"
#include "builder/foreign/environment.hpp"
#include "builder/layers/disk_entry.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

namespace aic::commit {

namespace {

using layers::EntryType;
using layers::LayerEntry;
using layers::NodeId;

constexpr std::size_t k_piece_bytes = 1 << 20;
constexpr std::size_t k_most_text_bytes = 1 << 20;
constexpr std::int64_t k_latest_time = 0xFFFFFFFF; // that squashfs can hold
constexpr std::uint16_t k_account_mode = 0644;
constexpr std::uint16_t k_write_bits = 0022; // that a umask takes away
constexpr std::uint16_t k_set_id_bits = 06000;
constexpr std::uint16_t k_all_modes = 07777;

/// enroot's own, and what it mounts on.
bool is_enroots(std::string_view path) {
    static constexpr std::array<std::string_view, 7> k_paths = {".lock",
                                                                ".enroot",
                                                                "etc/rc",
                                                                "etc/rc.local",
                                                                "etc/fstab",
                                                                "etc/localtime",
                                                                "etc/apt/apt.conf.d/enroot"};
    return std::ranges::find(k_paths, path) != k_paths.end();
}

bool is_mounted_on(std::string_view path) {
    return path == "dev" || path == "proc" || path == "sys";
}

/// That of the process, which is there again at the end.
class WorkingDirectory {
public:
    WorkingDirectory() : before_(open_directory(".")) {}

    WorkingDirectory(const WorkingDirectory&) = delete;
    WorkingDirectory& operator=(const WorkingDirectory&) = delete;

    ~WorkingDirectory() {
        if (::fchdir(before_.get()) != 0)
            warn("the directory we were started in is not to be entered any more");
    }

private:
    Fd before_;
};

/// Sends nothing on, and says whether what comes is what a file holds.
class SameBytes final : public Sink {
public:
    SameBytes(const std::string& name, const struct stat& status)
        : name_(name)
        , fd_(layers::open_on_disk(name, status)) {}

    void write(std::span<const std::byte> bytes) override {
        if (!same_)
            return;
        there_.resize(bytes.size());
        pread_exact(fd_.get(), there_, at_, name_);
        at_ += bytes.size();
        same_ = std::ranges::equal(there_, bytes);
    }

    bool same() const { return same_; }

private:
    const std::string& name_;
    Fd fd_;
    Bytes there_;
    std::uint64_t at_ = 0;
    bool same_ = true;
};

/// When something was first put on an inode's name; nothing where the file system does not know.
std::optional<std::int64_t> birth_nanoseconds(const std::filesystem::path& path) {
    struct statx status;
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BTIME, &status) != 0
        || !(status.stx_mask & STATX_BTIME))
        return std::nullopt;
    return status.stx_btime.tv_sec * 1'000'000'000LL + status.stx_btime.tv_nsec;
}

std::int64_t change_nanoseconds(const struct stat& status) {
    return status.st_ctim.tv_sec * 1'000'000'000LL + status.st_ctim.tv_nsec;
}

class Comparison {
public:
    Comparison(const CompareInput& input, Sink& sink, std::stop_token stop)
        : input_(input)
        , tree_(input.base.tree())
        , tar_(sink)
        , stop_(std::move(stop))
        , piece_(k_piece_bytes)
        , first_start_(birth_nanoseconds(input.root / ".lock")) {}

    Changes run() {
        const WorkingDirectory stays;
        const auto root = open_directory(input_.root);
        layers::enter_directory(root.get(), "");
        compare_children(root.get(), "", layers::Tree::root());
        tar_.finish();
        return changes_;
    }

private:
    /// The working directory is `directory`, before and after. `base` is the same directory of the
    /// image; nothing where it has none.
    void compare_children(int directory, const std::string& path, std::optional<NodeId> base) {
        const auto children = base ? tree_.sorted_children(*base) : std::vector<NodeId>();
        auto child = children.begin();
        const auto remove_until = [&](const std::string* name) {
            for (; child != children.end() && (!name || tree_.name(*child) < *name); ++child)
                remove(path, *child);
        };
        for (const auto& name : layers::sorted_names(directory, path)) {
            remove_until(&name);
            std::optional<NodeId> same;
            if (child != children.end() && tree_.name(*child) == name)
                same = *child++;
            const auto below = path.empty() ? name : path + '/' + name;
            in_context([&] { return fmt::format("'/{}'", printable(below)); },
                       [&] { compare(directory, path, name, below, same); });
        }
        remove_until(nullptr);
    }

    void remove(const std::string& path, NodeId base) {
        const auto removed = path.empty() ? std::string(tree_.name(base))
                                          : fmt::format("{}/{}", path, tree_.name(base));
        if (is_enroots(removed))
            return;
        tar_.begin({.type = EntryType::whiteout, .path = removed});
        ++changes_.removed;
    }

    void compare(int directory, const std::string& path, const std::string& name,
                 const std::string& below, std::optional<NodeId> base) {
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        if (is_enroots(below))
            return;
        struct stat status;
        if (::lstat(name.c_str(), &status) != 0) {
            if (errno == ENOENT)
                throw Error(ErrorKind::busy, "it is gone while the container is read");
            throw system_error("looking at it");
        }
        if (!base && is_leftover(status, name))
            return;
        if (base && !is_same_type(status, *base))
            base.reset();
        const bool is_changed = !base || !is_same(status, name, below, *base);
        if (S_ISDIR(status.st_mode))
            return compare_directory(directory, path, name, status, below, base, is_changed);
        if (is_changed)
            write(status, name, below);
    }

    /// A place that enroot mounted something on; its export leaves them out too.
    static bool is_leftover(const struct stat& status, const std::string& name) {
        if ((status.st_mode & k_all_modes) != 0)
            return false;
        return S_ISDIR(status.st_mode) ? is_empty(name)
                                       : S_ISREG(status.st_mode) && status.st_size == 0;
    }

    /// Of a directory that is closed to everybody, its owner too: it is opened to him for this.
    static bool is_empty(const std::string& path) {
        const auto look = [&] {
            return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        };
        auto fd = look();
        if (!fd && errno == EACCES && ::chmod(path.c_str(), 0500) == 0) {
            fd = look();
            ::chmod(path.c_str(), 0);
        }
        if (!fd)
            throw system_error("looking into it");
        return layers::sorted_names(fd.get(), path).empty();
    }

    bool is_same_type(const struct stat& status, NodeId base) const {
        return layers::type_on_disk(status) == tree_.inode(base).type && !S_ISSOCK(status.st_mode);
    }

    void compare_directory(int directory, const std::string& path, const std::string& name,
                           const struct stat& status, const std::string& below,
                           std::optional<NodeId> base, bool is_changed) {
        if (is_changed)
            write(status, name, below);
        if (is_mounted_on(below))
            return;
        const auto child = layers::open_on_disk(name, status, O_DIRECTORY);
        layers::enter_directory(child.get(), below);
        compare_children(child.get(), below, base);
        layers::enter_directory(directory, path);
    }

    /// As enroot leaves it when it unpacks an image without privileges; what was changed later is
    /// as somebody wanted it.
    static bool has_mode(std::uint16_t mode, const layers::Inode& inode, bool is_unpacked) {
        const auto readable = static_cast<std::uint16_t>(inode.mode | 0400);
        const auto usable =
            static_cast<std::uint16_t>(inode.type == EntryType::directory ? readable | 0300
                                       : readable & 0111                  ? readable | 0100
                                                                          : readable);
        // Unpacking takes away what the umask says, and the set-id bits.
        const std::uint16_t lost = is_unpacked ? k_write_bits | k_set_id_bits : 0;
        const auto is_mode = [&](std::uint16_t other) { return (mode | (other & lost)) == other; };
        return is_mode(usable) || is_mode(inode.mode);
    }

    bool is_same(const struct stat& status, const std::string& name, const std::string& below,
                 NodeId base) {
        const auto& inode = tree_.inode(base);
        if (inode.type == EntryType::symlink)
            return layers::entry_on_disk(name, status, below).target == tree_.target(inode.target);
        const bool is_later = first_start_ && change_nanoseconds(status) >= *first_start_;
        if (!is_account_file(below)
            && !has_mode(static_cast<std::uint16_t>(status.st_mode & k_all_modes), inode,
                         !is_later))
            return false;
        if ((is_later || !first_start_) && !has_attributes(name, inode))
            return false;
        if (inode.type != EntryType::file)
            return true;
        if (is_account_file(below) || below == "etc/environment")
            return text_to_write(name, status, below) == input_.base.text(below);
        if (static_cast<std::uint64_t>(status.st_size) != input_.base.size_bytes(inode))
            return false;
        if (status.st_mtim.tv_sec
            != std::clamp<std::int64_t>(inode.mtime_seconds, 0, k_latest_time))
            return false;
        const bool is_doubtful = input_.compare == Compare::everywhere || is_later || !first_start_;
        return !is_doubtful || has_same_bytes(name, status, below);
    }

    /// Nothing is said of those that the file system here could not hold.
    bool has_attributes(const std::string& name, const layers::Inode& inode) const {
        const auto& known = tree_.xattrs(inode.xattrs);
        const auto there = layers::xattrs_on_disk(name);
        return std::ranges::all_of(there, [&](const auto& attribute) {
            return std::ranges::find(known, attribute) != known.end();
        });
    }

    bool has_same_bytes(const std::string& name, const struct stat& status,
                        const std::string& below) {
        SameBytes comparing(name, status);
        return input_.base.read(below, comparing) && comparing.same();
    }

    static bool is_account_file(std::string_view path) {
        return path == "etc/passwd" || path == "etc/group";
    }

    /// Of the files that enroot has its hands in: what the image is to have.
    std::string text_to_write(const std::string& name, const struct stat& status,
                              const std::string& below) {
        const auto text = layers::text_on_disk(name, status, k_most_text_bytes);
        const auto base = input_.base.text(below);
        if (is_account_file(below))
            return merge_accounts(base, text, input_.own_accounts);
        auto here = foreign::parse_environment(text);
        auto there = foreign::parse_environment(base);
        std::ranges::sort(here);
        std::ranges::sort(there);
        return here == there ? base : text;
    }

    void write(const struct stat& status, const std::string& name, const std::string& below) {
        if (name.starts_with(".wh."))
            return input_.left_out(below, "in a layer such a name means a deletion");
        if (S_ISSOCK(status.st_mode))
            return input_.left_out(below, "it is a socket");
        auto entry = layers::entry_on_disk(name, status, below);
        entry.uid = entry.gid = 0;
        ++changes_.written;
        if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
            const auto [first, is_new] = first_names_.try_emplace(status.st_ino, below);
            if (!is_new) {
                entry.type = EntryType::hardlink;
                entry.target = first->second;
                return tar_.begin(entry);
            }
        }
        entry.xattrs = layers::xattrs_on_disk(name);
        if (!S_ISREG(status.st_mode))
            return tar_.begin(entry);
        if (is_account_file(below)) {
            entry.mode = k_account_mode; // enroot leaves them closed
            return write_text(entry, text_to_write(name, status, below));
        }
        layers::write_file_on_disk(tar_, name, status, entry, piece_);
    }

    void write_text(const LayerEntry& entry, const std::string& text) {
        tar_.begin(entry, text.size());
        tar_.data(as_bytes(text));
    }

    const CompareInput& input_;
    const layers::Tree& tree_;
    layers::TarWriter tar_;
    std::stop_token stop_;
    Bytes piece_;
    /// enroot makes its lock when it first starts the container: what was unpacked is older.
    const std::optional<std::int64_t> first_start_;
    std::map<ino_t, std::string> first_names_;
    Changes changes_;
};

} // namespace

Changes write_changes(const CompareInput& input, Sink& sink, std::stop_token stop) {
    return Comparison(input, sink, std::move(stop)).run();
}

} // namespace aic::commit
