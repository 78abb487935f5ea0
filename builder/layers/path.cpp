// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/path.hpp"

#include "core/error.hpp"
#include "core/printable.hpp"

#include <vector>

namespace aic::layers {

namespace {

constexpr std::size_t k_max_part_bytes = 255;
constexpr std::size_t k_max_parts = 4096;
constexpr std::string_view k_whiteout_prefix = ".wh.";
constexpr std::string_view k_opaque_name = ".wh..wh..opq";
constexpr std::string_view k_aufs_prefix = ".wh..wh.";

enum class AtRoot { refuse, stay };

std::string normalise(std::string_view raw, AtRoot at_root) {
    if (raw.find('\0') != std::string_view::npos)
        throw Error(ErrorKind::integrity, "the name '{}' has a NUL byte", printable(raw));
    std::string path;
    path.reserve(raw.size());
    std::size_t parts = 0;
    for (std::size_t begin = 0; begin < raw.size();) {
        const auto end = std::min(raw.find('/', begin), raw.size());
        const auto part = raw.substr(begin, end - begin);
        begin = end + 1;
        if (part.empty() || part == ".")
            continue;
        if (part == "..") {
            if (path.empty() && at_root == AtRoot::refuse)
                throw Error(ErrorKind::integrity, "the name '{}' leaves the image", printable(raw));
            path.resize(parent_of(path).size());
            continue;
        }
        if (part.size() > k_max_part_bytes)
            throw Error(ErrorKind::integrity, "the name '{}…' is longer than 255 bytes",
                        printable(part.substr(0, 40)));
        if (++parts > k_max_parts)
            throw Error(ErrorKind::integrity, "the path '{}…' has more than {} parts",
                        printable(raw.substr(0, 40)), k_max_parts);
        if (!path.empty())
            path += '/';
        path += part;
    }
    return path;
}

} // namespace

std::string normalise_path(std::string_view raw) {
    return normalise(raw, AtRoot::refuse);
}

std::string normalise_link_target(std::string_view raw) {
    return normalise(raw, AtRoot::stay);
}

std::string_view parent_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view base_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

WhiteoutKind whiteout_kind(std::string_view path) {
    // AUFS kept whole directories of its own under such names.
    for (std::size_t begin = 0; begin < path.size();) {
        const auto end = std::min(path.find('/', begin), path.size());
        const auto part = path.substr(begin, end - begin);
        if (part.starts_with(k_aufs_prefix) && part != k_opaque_name)
            return WhiteoutKind::aufs_leftover;
        begin = end + 1;
    }
    const auto name = base_of(path);
    if (name == k_opaque_name)
        return WhiteoutKind::opaque;
    if (!name.starts_with(k_whiteout_prefix))
        return WhiteoutKind::none;
    const auto removed = name.substr(k_whiteout_prefix.size());
    if (removed.empty() || removed == "." || removed == "..")
        throw Error(ErrorKind::integrity, "the whiteout '{}' names nothing that can be removed",
                    printable(path));
    return WhiteoutKind::whiteout;
}

} // namespace aic::layers
