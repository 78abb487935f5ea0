// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/upper_layer.hpp"

#include "builder/layers/disk_entry.hpp"
#include "builder/layers/tar_writer.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/printable.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace aic::sandbox {

namespace {

constexpr std::size_t k_piece_bytes = 1 << 20;
constexpr std::string_view k_overlay_prefix = "user.overlay.";
constexpr std::string_view k_opaque = "user.overlay.opaque";

bool is_overlays(const layers::Xattr& attribute) {
    return attribute.name.starts_with(k_overlay_prefix);
}

class UpperLayer {
public:
    UpperLayer(Sink& sink, const layers::LeftOut& left_out)
        : tar_(sink)
        , left_out_(left_out)
        , piece_(k_piece_bytes) {}

    void write(const std::filesystem::path& upper) {
        const auto root = open_directory(upper);
        layers::enter_directory(root.get(), "");
        write_children(root.get(), "");
        tar_.finish();
    }

private:
    /// The working directory is `directory`, before and after.
    void write_children(int directory, const std::string& path) {
        for (const auto& name : layers::sorted_names(directory, path)) {
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
        layers::write_file_on_disk(tar_, name, status, entry, piece_);
    }

    layers::LayerEntry entry_of(const struct stat& status, const std::string& name,
                                const std::string& path) {
        auto entry = layers::entry_on_disk(name, status, path);
        entry.xattrs = layers::xattrs_on_disk(name);
        is_opaque_ = std::ranges::any_of(entry.xattrs, [](const auto& attribute) {
            return attribute.name == k_opaque && attribute.value == "y";
        });
        std::erase_if(entry.xattrs, is_overlays);
        return entry;
    }

    void write_directory(int directory, const std::string& path, const std::string& name,
                         const layers::LayerEntry& entry) {
        const bool is_opaque = is_opaque_;
        tar_.begin(entry);
        if (is_opaque)
            tar_.begin({.type = layers::EntryType::opaque, .path = entry.path});
        const auto child = open_directory(name);
        layers::enter_directory(child.get(), entry.path);
        write_children(child.get(), entry.path);
        layers::enter_directory(directory, path);
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

    layers::TarWriter tar_;
    const layers::LeftOut& left_out_;
    Bytes piece_;
    bool is_opaque_ = false; ///< of the entry that entry_of() made last
    std::map<ino_t, std::string> first_names_;
};

} // namespace

void write_upper_layer(const std::filesystem::path& upper, Sink& sink,
                       const layers::LeftOut& left_out) {
    UpperLayer(sink, left_out).write(upper);
}

} // namespace aic::sandbox
