// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/files.hpp"

#include "builder/layers/path.hpp"
#include "builder/squashfs/image_reader.hpp"
#include "cache/record.hpp"
#include "cli/image_argument.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

#include <set>

namespace aic::cli {

namespace {

using squashfs::ImageInode;
using squashfs::InodeType;

struct TypeWord {
    char letter;
    const char* word;
};

TypeWord type_word(InodeType type) {
    switch (type) {
    case InodeType::directory:
        return {'d', "directory"};
    case InodeType::symlink:
        return {'l', "symlink"};
    case InodeType::block_device:
        return {'b', "block-device"};
    case InodeType::char_device:
        return {'c', "char-device"};
    case InodeType::fifo:
        return {'p', "fifo"};
    case InodeType::socket:
        return {'s', "socket"};
    default:
        return {'-', "file"};
    }
}

std::string mode_text(const ImageInode& inode) {
    std::string text(1, type_word(inode.type).letter);
    for (int shift = 6; shift >= 0; shift -= 3) {
        const unsigned bits = (inode.mode >> shift) & 7U;
        text += bits & 4 ? 'r' : '-';
        text += bits & 2 ? 'w' : '-';
        text += bits & 1 ? 'x' : '-';
    }
    const auto mark = [&](std::size_t at, unsigned bit, char with_x, char without) {
        if (inode.mode & bit)
            text[at] = text[at] == 'x' ? with_x : without;
    };
    mark(3, 04000, 's', 'S');
    mark(6, 02000, 's', 'S');
    mark(9, 01000, 't', 'T');
    return text;
}

/// One line a path, whatever its bytes.
std::string line_of(const std::string& path, const ImageInode& inode) {
    auto line =
        fmt::format("{} {:>2} {}/{} {:>11} {}  /{}", mode_text(inode), inode.link_count, inode.uid,
                    inode.gid, inode.size_bytes, cache::utc_time(inode.mtime), printable(path));
    if (inode.type == InodeType::symlink)
        line += " -> " + printable(inode.target);
    return line;
}

nlohmann::json entry_of(const std::string& path, const ImageInode& inode,
                        const std::vector<layers::Xattr>& xattrs) {
    auto attributes = nlohmann::json::object();
    for (const auto& xattr : xattrs)
        attributes[xattr.name] = xattr.value;
    return {
        {"path", "/" + path},
        {"type", type_word(inode.type).word},
        {"mode", inode.mode},
        {"uid", inode.uid},
        {"gid", inode.gid},
        {"size_bytes", inode.size_bytes},
        {"mtime", cache::utc_time(inode.mtime)},
        {"nlink", inode.link_count},
        {"inode", inode.number},
        {"target",
         inode.type == InodeType::symlink ? nlohmann::json(inode.target) : nlohmann::json(nullptr)},
        {"xattrs", attributes},
    };
}

/// Walks a subtree depth first, names sorted, without recursion: a hostile image may be as deep as
/// it likes.
template <typename Visit>
void walk(squashfs::ImageReader& reader, std::string path, std::uint64_t start,
          const Visit& visit) {
    struct Waiting {
        std::string path;
        std::uint64_t inode;
    };

    std::vector<Waiting> waiting = {{std::move(path), start}};
    std::set<std::uint64_t> directories;
    while (!waiting.empty()) {
        const auto here = std::move(waiting.back());
        waiting.pop_back();
        const auto inode = reader.inode(here.inode);
        visit(here.path, inode);
        if (inode.type != InodeType::directory)
            continue;
        if (!directories.insert(here.inode).second)
            throw Error(ErrorKind::integrity, "the directory '{}' stands in the image twice",
                        printable(here.path));
        const auto names = reader.names(inode);
        for (auto name = names.rbegin(); name != names.rend(); ++name)
            waiting.push_back(
                {here.path.empty() ? name->name : here.path + "/" + name->name, name->inode});
    }
}

} // namespace

void Files::describe(const Arguments& arguments) {
    arguments.description("list the files in an image, without unpacking it");
    arguments.add_option("image", image_, k_image_help).required().type_name("IMAGE");
    arguments.add_option("path", path_, "only this file, or what is below this directory")
        .type_name("PATH");
    arguments.footer(R"(Each line: mode, links, owner/group, size, time, path.

Examples:
  aic-image files ubuntu:22.04 /etc
  aic-image files ./image.sqsh | grep '\.so')");
}

void Files::run(Session& session) {
    const auto image = find_image(session.library(), image_, home_directory(session.environment()));
    squashfs::ImageReader reader(image.file);
    const auto start = reader.find(path_, squashfs::ImageReader::Follow::no);
    if (!start)
        throw Error(ErrorKind::not_found, "there is no '{}' in '{}'", printable(path_),
                    image.file.native());
    auto entries = nlohmann::json::array();
    walk(reader, layers::normalise_link_target(path_), *start,
         [&](const std::string& path, const ImageInode& inode) {
             if (session.stop().stop_requested())
                 throw Error(ErrorKind::interrupted, "stopped");
             if (session.json())
                 entries.push_back(entry_of(path, inode, reader.xattrs(inode)));
             else
                 session.print(line_of(path, inode));
         });
    if (session.json())
        session.print_json({{"entries", entries}});
}

} // namespace aic::cli
