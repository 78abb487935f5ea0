// SPDX-License-Identifier: Apache-2.0
#include "registry/tar_index.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "registry/tar_header.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace aic::registry {

namespace {

constexpr std::size_t k_max_members = 100'000; // docker save writes three a layer
constexpr std::size_t k_max_path_bytes = 4096;
constexpr std::uint64_t k_max_extension_bytes = 1 << 20; // of a long name or a PAX header
constexpr int k_max_links = 8;

/// The path without "." and "..", seen from the root; nothing when it leads above that.
std::optional<std::string> normal_path(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const auto part = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (part.empty() || part == ".")
            continue;
        if (part != "..")
            parts.push_back(part);
        else if (parts.empty())
            return std::nullopt;
        else
            parts.pop_back();
    }
    return fmt::format("{}", fmt::join(parts, "/"));
}

/// Walks through a tar's headers.
class TarWalk {
public:
    TarWalk(const ReadAt& read_at, std::uint64_t size_bytes)
        : read_at_(read_at)
        , size_bytes_(size_bytes) {}

    struct Found {
        TarHeader header;
        std::uint64_t offset;
    };

    /// The next member, with what extensions in front of it say; nothing at the archive's end.
    std::optional<Found> next() {
        std::optional<std::string> long_path, long_target;
        std::map<std::string, std::string, std::less<>> records;
        for (;;) {
            auto header = next_header();
            if (!header)
                return std::nullopt;
            if (header->type == 'L')
                long_path = extension(*header);
            else if (header->type == 'K')
                long_target = extension(*header);
            else if (header->type == 'x')
                records = parse_pax_records(extension(*header));
            else if (header->type == 'g')
                check_global(parse_pax_records(extension(*header)));
            else
                return member(std::move(*header), long_path, long_target, records);
        }
    }

private:
    std::optional<TarHeader> next_header() {
        TarBlock block;
        if (position_ >= size_bytes_)
            return std::nullopt;
        if (read_fully(block, position_) < block.size())
            throw Error(ErrorKind::integrity, "the tar is cut off at byte {}", size_bytes_);
        if (std::ranges::all_of(block, [](std::byte byte) { return byte == std::byte{0}; }))
            return std::nullopt;
        auto header = parse_tar_header(block);
        if (!header && position_ == 0)
            throw Error(ErrorKind::integrity, "it is no tar");
        if (!header)
            throw Error(ErrorKind::integrity, "the tar is damaged at byte {}", position_);
        position_ += block.size();
        return header;
    }

    std::size_t read_fully(std::span<std::byte> buffer, std::uint64_t offset) const {
        std::size_t filled = 0;
        while (filled < buffer.size()) {
            const auto count = read_at_(buffer.subspan(filled), offset + filled);
            if (count == 0)
                break;
            filled += count;
        }
        return filled;
    }

    /// Passes over a member's bytes; the last one may lack its padding.
    void skip(const TarHeader& header) {
        if (header.size_bytes > size_bytes_ - std::min(position_, size_bytes_))
            throw Error(ErrorKind::integrity, "the tar is cut off within '{}', at byte {}",
                        printable(header.path), size_bytes_);
        position_ +=
            (header.size_bytes + k_tar_block_bytes - 1) / k_tar_block_bytes * k_tar_block_bytes;
    }

    std::string extension(const TarHeader& header) {
        if (header.size_bytes > k_max_extension_bytes)
            throw Error(ErrorKind::integrity, "a header of the tar has {} bytes",
                        header.size_bytes);
        const auto start = position_;
        skip(header);
        std::string text(header.size_bytes, '\0');
        read_fully(std::as_writable_bytes(std::span(text)), start);
        if (header.type == 'L' || header.type == 'K')
            text.resize(std::min(text.find('\0'), text.size()));
        return text;
    }

    static void check_global(const std::map<std::string, std::string, std::less<>>& records) {
        for (const char* key : {"path", "linkpath", "size"})
            if (records.contains(key))
                throw Error(ErrorKind::integrity, "the tar gives all its members one {}", key);
    }

    Found member(TarHeader header, const std::optional<std::string>& long_path,
                 const std::optional<std::string>& long_target,
                 const std::map<std::string, std::string, std::less<>>& records) {
        header.path = long_path.value_or(header.path);
        header.target = long_target.value_or(header.target);
        for (const auto& [key, value] : records) {
            if (key == "path")
                header.path = value;
            else if (key == "linkpath")
                header.target = value;
            else if (key == "size")
                header.size_bytes = parse_pax_size(value);
            else if (key.starts_with("GNU.sparse."))
                header.type = 'S';
        }
        if (header.type == 'S')
            throw Error(ErrorKind::integrity, "'{}' is packed as a sparse file",
                        printable(header.path))
                .with_hint("pack it again without 'tar --sparse'");
        if (header.path.size() > k_max_path_bytes || header.target.size() > k_max_path_bytes)
            throw Error(ErrorKind::integrity, "a name in the tar has more than {} bytes",
                        k_max_path_bytes);
        const auto offset = position_;
        // Links, devices, directories and pipes have no bytes, whatever their size says.
        if (header.type < '1' || header.type > '6')
            skip(header);
        return {std::move(header), offset};
    }

    const ReadAt& read_at_;
    const std::uint64_t size_bytes_;
    std::uint64_t position_ = 0;
};

/// A symlink's target is seen from its directory, and a hard link's from the root.
std::string target_of(const TarHeader& header, std::string_view path) {
    if (header.type == '1')
        return normal_path(header.target).value_or("");
    if (header.target.starts_with('/'))
        return "";
    const auto directory = path.substr(0, path.rfind('/') + 1);
    return normal_path(fmt::format("{}{}", directory, header.target)).value_or("");
}

TarMember member_of(const TarWalk::Found& found, std::string_view path) {
    const auto& header = found.header;
    switch (header.type) {
    case '0':
    case '7':
        if (header.path.ends_with('/')) // as the oldest tars had them
            return {TarMemberKind::directory, "", 0, 0};
        return {TarMemberKind::file, "", found.offset, header.size_bytes};
    case '1':
    case '2':
        return {TarMemberKind::link, target_of(header, path), 0, 0};
    case '5':
        return {TarMemberKind::directory, "", 0, 0};
    default:
        return {TarMemberKind::other, "", 0, 0};
    }
}

/// What stands under its digest is checked against that, so either will do.
bool is_same_blob(std::string_view path, const TarMember& first, const TarMember& second) {
    return path.starts_with("blobs/sha256/") && first.kind == TarMemberKind::file
           && second.kind == TarMemberKind::file && first.size_bytes == second.size_bytes;
}

} // namespace

TarIndex TarIndex::read(const ReadAt& read_at, std::uint64_t size_bytes) {
    TarIndex index;
    TarWalk walk(read_at, size_bytes);
    while (const auto found = walk.next()) {
        auto path = normal_path(found->header.path);
        if (!path)
            throw Error(ErrorKind::integrity, "the name '{}' leads out of the tar",
                        printable(found->header.path));
        auto member = member_of(*found, *path);
        index.add(std::move(*path), std::move(member));
    }
    return index;
}

void TarIndex::add(std::string path, TarMember member) {
    if (members_.size() >= k_max_members)
        throw Error(ErrorKind::integrity, "the tar has more than {} members", k_max_members);
    const auto [place, is_new] = members_.try_emplace(std::move(path), member);
    if (is_new || place->second == member || is_same_blob(place->first, place->second, member))
        return;
    throw Error(ErrorKind::integrity, "'{}' stands in the tar twice", printable(place->first));
}

const TarMember* TarIndex::find(std::string_view path) const {
    auto place = members_.find(path);
    if (place == members_.end())
        return nullptr;
    for (int links = 0; place->second.kind == TarMemberKind::link; ++links) {
        const auto& target = place->second.target;
        if (target.empty())
            throw Error(ErrorKind::integrity, "the link '{}' leads out of the tar",
                        printable(place->first));
        const auto next = members_.find(target);
        if (next == members_.end() || links == k_max_links)
            throw Error(ErrorKind::integrity, "the link '{}' leads nowhere",
                        printable(place->first));
        place = next;
    }
    if (place->second.kind != TarMemberKind::file)
        throw Error(ErrorKind::integrity, "'{}' is not a regular file", printable(place->first));
    return &place->second;
}

} // namespace aic::registry
