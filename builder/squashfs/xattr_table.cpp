// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/xattr_table.hpp"

#include "core/error.hpp"

#include <array>
#include <optional>

namespace aic::squashfs {

namespace {

struct Prefix {
    std::string_view text;
    XattrPrefix number;
};

constexpr std::array<Prefix, 3> k_prefixes = {{
    {"user.", XattrPrefix::user},
    {"trusted.", XattrPrefix::trusted},
    {"security.", XattrPrefix::security},
}};

std::optional<Prefix> prefix_of(std::string_view name) {
    for (const auto& prefix : k_prefixes)
        if (name.starts_with(prefix.text) && name.size() > prefix.text.size() && name.size() <= 255)
            return prefix;
    return std::nullopt;
}

} // namespace

bool can_hold_xattr(std::string_view name) {
    return prefix_of(name).has_value();
}

std::uint32_t XattrTable::add(const std::vector<layers::Xattr>& xattrs) {
    const auto reference = pairs_.position().reference();
    Bytes set;
    for (const auto& xattr : xattrs) {
        const auto prefix = prefix_of(xattr.name);
        if (!prefix)
            throw Error(ErrorKind::integrity, "squashfs cannot hold the attribute '{}'",
                        xattr.name);
        const auto rest = std::string_view(xattr.name).substr(prefix->text.size());
        put(set, prefix->number);
        put(set, static_cast<std::uint16_t>(rest.size()));
        put_text(set, rest);
        put(set, static_cast<std::uint32_t>(xattr.value.size()));
        put_text(set, xattr.value);
    }
    pairs_.append(set);
    sets_.push_back({reference, static_cast<std::uint32_t>(xattrs.size()),
                     static_cast<std::uint32_t>(set.size())});
    return static_cast<std::uint32_t>(sets_.size() - 1);
}

Bytes XattrTable::encode(const Compression& compression, std::uint64_t offset,
                         std::uint64_t& header_offset) {
    pairs_.finish();
    MetadataWriter ids(compression);
    ids.append(std::as_bytes(std::span(sets_)));
    ids.finish();

    Bytes table = pairs_.table();
    const auto ids_offset = offset + table.size();
    table.insert(table.end(), ids.table().begin(), ids.table().end());
    header_offset = offset + table.size();
    put(table, offset);
    put(table, static_cast<std::uint32_t>(sets_.size()));
    put(table, std::uint32_t{0});
    for (const auto start : ids.block_starts())
        put(table, ids_offset + start);
    return table;
}

} // namespace aic::squashfs
