// SPDX-License-Identifier: Apache-2.0
#include "builder/profile.hpp"

#include "core/log.hpp"
#include "core/shell_words.hpp"

#include <algorithm>

namespace aic::builder {

namespace {

using layers::EntryType;
using layers::Inode;
using layers::NodeId;
using layers::Tree;

constexpr std::uint16_t k_execute_bits = 0111;

/// chmod u+rX, and u+w on directories.
std::uint16_t usable_mode(const Inode& inode) {
    auto mode = static_cast<std::uint16_t>(inode.mode | 0400);
    if (inode.type == EntryType::directory)
        mode |= 0300;
    else if (mode & k_execute_bits)
        mode |= 0100;
    return mode;
}

bool keeps_xattr(std::string_view name) {
    return name.starts_with("user.") && name.size() > 5 && name.size() <= 255
           && !name.starts_with("user.overlay.") && !name.starts_with("user.fuseoverlayfs.");
}

/// The set that is left of each of the tree's sets.
class XattrFilter {
public:
    explicit XattrFilter(Tree& tree) : tree_(tree) {}

    layers::XattrSetId operator()(layers::XattrSetId set) {
        if (set == 0)
            return 0;
        if (set >= kept_.size())
            kept_.resize(set + 1, layers::k_none);
        if (kept_[set] == layers::k_none) {
            std::vector<layers::Xattr> some;
            std::ranges::copy_if(tree_.xattrs(set), std::back_inserter(some),
                                 [](const auto& xattr) { return keeps_xattr(xattr.name); });
            kept_[set] = tree_.add_xattrs(some);
        }
        return kept_[set];
    }

private:
    Tree& tree_;
    std::vector<layers::XattrSetId> kept_; ///< by the unfiltered set; k_none while unknown
};

bool is_device(EntryType type) {
    return type == EntryType::char_device || type == EntryType::block_device;
}

std::string one_line(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
    return text;
}

/// A line of /etc/environment, or "" for what enroot would not take.
std::string environment_line(const std::string& variable) {
    const auto equals = variable.find('=');
    const auto name = variable.substr(0, equals);
    const bool is_name = !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || c == '_';
    });
    if (equals == std::string::npos || !is_name || name.starts_with("ENROOT_"))
        return "";
    if (variable.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos) {
        warn("the image sets {} to a value with a line break, which /etc/environment cannot hold: "
             "left out",
             name);
        return "";
    }
    return variable + "\n";
}

std::string words(const std::vector<std::string>& arguments) {
    std::string text;
    for (const auto& argument : arguments)
        text += " " + shell_quote(argument);
    return text;
}

std::string rc_script(const oci::ImageConfig& config, std::string_view provenance) {
    auto text = fmt::format("# enroot-provenance: {}\n", one_line(std::string(provenance)));
    for (const auto& [key, value] : config.labels)
        text += fmt::format("# {} {}\n", one_line(key), one_line(value));
    const auto directory = shell_quote(config.working_dir.empty() ? "/" : config.working_dir);
    auto command = config.cmd;
    if (config.entrypoint.empty() && command.empty())
        command = {"/bin/sh"};
    text += fmt::format(R"(
mkdir -p -- {0} 2> /dev/null
cd -- {0} && unset OLDPWD || exit 1

if [ -s /etc/rc.local ]; then
    . /etc/rc.local
fi

if [ $# -gt 0 ]; then
    exec{1} "$@"
else
    exec{1}{2}
fi
)",
                        directory, words(config.entrypoint), words(command));
    return text;
}

std::string fstab(const oci::ImageConfig& config) {
    std::string text;
    for (const auto& volume : config.volumes) {
        // fstab(5) has octal escapes, but enroot reads the fields with the shell: what is odd is
        // left out.
        if (volume.empty() || volume.front() != '/'
            || volume.find_first_of(std::string_view(" \t\n\r\\\"'$`#\0", 11))
                   != std::string::npos) {
            warn("the image has a volume at an odd path, which /etc/fstab cannot hold: left out");
            continue;
        }
        text += fmt::format("${{ENROOT_ROOTFS}}{0} {0} none x-create=dir,bind,rw,nosuid,nodev\n",
                            volume);
    }
    return text;
}

} // namespace

std::string_view name_of(Profile profile) {
    return profile == Profile::enroot ? "enroot" : "keep-ids";
}

void apply_profile(Tree& tree, Profile profile) {
    XattrFilter filter(tree);
    std::vector<NodeId> waiting = {Tree::root()};
    std::vector<NodeId> devices;
    while (!waiting.empty()) {
        const auto directory = waiting.back();
        waiting.pop_back();
        const auto settle = [&](NodeId node) {
            const auto kept = filter(tree.inode(node).xattrs);
            auto& inode = tree.inode(node);
            inode.xattrs = kept;
            inode.mode = usable_mode(inode);
            if (profile == Profile::enroot)
                inode.uid = inode.gid = 0;
        };
        settle(directory);
        for (auto node = tree.node(directory).first_child; node != layers::k_none;
             node = tree.node(node).next) {
            if (tree.is_directory(node))
                waiting.push_back(node);
            else if (is_device(tree.inode(node).type))
                devices.push_back(node);
            else
                settle(node);
        }
    }
    for (const auto node : devices)
        tree.remove(node);
    if (const auto dev = tree.find(Tree::root(), "dev"); dev && tree.is_directory(*dev))
        tree.remove_children(*dev);
}

std::vector<GeneratedFile> enroot_files(const oci::ImageConfig& config,
                                        std::string_view provenance) {
    std::string environment;
    for (const auto& variable : config.env)
        environment += environment_line(variable);
    return {
        {"etc/environment", environment},
        {"etc/fstab", fstab(config)},
        {"etc/rc", rc_script(config, provenance)},
        {"etc/rc.local",
         "# This file is sourced by /etc/rc when the container starts.\n"
         "# It can be used to manipulate the entrypoint or the command of the container.\n"},
    };
}

} // namespace aic::builder
