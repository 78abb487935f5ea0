// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace aic::registry {

enum class TarMemberKind { file, directory, link, other };

/// Where a member of a tar is.
struct TarMember {
    TarMemberKind kind = TarMemberKind::file;
    std::string target;       ///< of a link, seen from the archive's root; empty when it leads out
    std::uint64_t offset = 0; ///< of a file's first byte in the archive
    std::uint64_t size_bytes = 0; ///< of a file

    bool operator==(const TarMember&) const = default;
};

/// Up to `buffer.size()` bytes from `offset` on; 0 at the end, and only there.
using ReadAt = std::function<std::size_t(std::span<std::byte> buffer, std::uint64_t offset)>;

/// The members of an uncompressed tar by their paths, so that they can be read where they are.
/// Nothing is ever unpacked; a link is another name of a member.
class TarIndex {
public:
    /// Goes from header to header; what the members hold is not read. Throws Error(integrity) when
    /// it is no tar, is cut off, or has a member twice that differs.
    static TarIndex read(const ReadAt& read_at, std::uint64_t size_bytes);

    /// The file of that path, which begins with no '/'; links are followed. Null when there is
    /// none. Throws Error(integrity) when it is something else, or a link that leads nowhere.
    const TarMember* find(std::string_view path) const;

private:
    void add(std::string path, TarMember member);

    std::map<std::string, TarMember, std::less<>> members_;
};

} // namespace aic::registry
