// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/tar_writer.hpp"

#include "builder/layers/path.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>

namespace aic::layers {

namespace {

constexpr std::size_t k_block_bytes = 512;
constexpr std::size_t k_name_bytes = 100;

/// POSIX.1-2017, pax, ustar Interchange Format.
struct UstarHeader {
    std::array<char, 100> name{};
    std::array<char, 8> mode{};
    std::array<char, 8> uid{};
    std::array<char, 8> gid{};
    std::array<char, 12> size{};
    std::array<char, 12> mtime{};
    std::array<char, 8> checksum{};
    char type = '0';
    std::array<char, 100> link_name{};
    std::array<char, 6> magic{'u', 's', 't', 'a', 'r', '\0'};
    std::array<char, 2> version{'0', '0'};
    std::array<char, 32> user_name{};
    std::array<char, 32> group_name{};
    std::array<char, 8> device_major{};
    std::array<char, 8> device_minor{};
    std::array<char, 155> prefix{};
    std::array<char, 12> padding{};
};

static_assert(sizeof(UstarHeader) == k_block_bytes);

/// Whether the number fits into the field with a null byte behind it.
template <std::size_t N>
bool fits(const std::array<char, N>&, std::uint64_t number) {
    return number < (std::uint64_t{1} << (3 * (N - 1)));
}

/// In octal; what does not fit stands in a PAX record, and here is 0.
template <std::size_t N>
void put_number(std::array<char, N>& field, std::uint64_t number) {
    fmt::format_to_n(field.data(), N - 1, "{:0{}o}", fits(field, number) ? number : 0, N - 1);
}

template <std::size_t N>
void put_text(std::array<char, N>& field, std::string_view text) {
    std::memcpy(field.data(), text.data(), std::min(N, text.size()));
}

char type_flag(EntryType type) {
    switch (type) {
    case EntryType::hardlink:
        return '1';
    case EntryType::symlink:
        return '2';
    case EntryType::char_device:
        return '3';
    case EntryType::block_device:
        return '4';
    case EntryType::directory:
        return '5';
    case EntryType::fifo:
        return '6';
    case EntryType::file:
    case EntryType::whiteout:
    case EntryType::opaque:
        break;
    }
    return '0';
}

/// As it is called in the tar.
std::string name_in_tar(const LayerEntry& entry) {
    const auto within = [](std::string_view directory, std::string_view name) {
        return directory.empty() ? std::string(name) : fmt::format("{}/{}", directory, name);
    };
    if (entry.type == EntryType::whiteout)
        return within(parent_of(entry.path), fmt::format(".wh.{}", base_of(entry.path)));
    if (entry.type == EntryType::opaque)
        return within(entry.path, ".wh..wh..opq");
    if (entry.type == EntryType::directory)
        return entry.path.empty() ? "./" : entry.path + '/';
    return entry.path;
}

/// "LENGTH key=value\n", where the length counts its own digits too.
std::string pax_record(std::string_view key, std::string_view value) {
    const auto rest = key.size() + value.size() + 3; // a space, "=" and the newline
    auto length = rest + std::to_string(rest).size();
    length = rest + std::to_string(length).size();
    return fmt::format("{} {}={}\n", length, key, value);
}

void put_checksum(UstarHeader& header) {
    header.checksum.fill(' ');
    unsigned sum = 0;
    for (const auto byte : std::as_bytes(std::span(&header, 1)))
        sum += std::to_integer<unsigned>(byte);
    fmt::format_to_n(header.checksum.data(), 7, "{:06o}{}", sum, '\0');
}

/// What ustar cannot hold of an entry, sorted by key.
std::string pax_records(const LayerEntry& entry, const std::string& name,
                        std::uint64_t size_bytes) {
    const UstarHeader limits;
    std::string records;
    for (const auto& xattr : entry.xattrs)
        records += pax_record("SCHILY.xattr." + xattr.name, xattr.value);
    if (!fits(limits.gid, entry.gid))
        records += pax_record("gid", std::to_string(entry.gid));
    if (entry.target.size() > k_name_bytes)
        records += pax_record("linkpath", entry.target);
    if (entry.mtime_seconds < 0
        || !fits(limits.mtime, static_cast<std::uint64_t>(entry.mtime_seconds)))
        records += pax_record("mtime", std::to_string(entry.mtime_seconds));
    if (name.size() > k_name_bytes)
        records += pax_record("path", name);
    if (!fits(limits.size, size_bytes))
        records += pax_record("size", std::to_string(size_bytes));
    if (!fits(limits.uid, entry.uid))
        records += pax_record("uid", std::to_string(entry.uid));
    return records;
}

} // namespace

void TarWriter::begin(const LayerEntry& entry, std::uint64_t size_bytes) {
    if (left_bytes_ > 0)
        throw Error(ErrorKind::integrity, "{} bytes of a file are missing in its layer",
                    left_bytes_);
    const auto name = name_in_tar(entry);
    if (const auto records = pax_records(entry, name, size_bytes); !records.empty()) {
        UstarHeader pax;
        put_text(pax.name, "PaxHeader");
        put_number(pax.mode, 0644);
        put_number(pax.uid, 0);
        put_number(pax.gid, 0);
        put_number(pax.size, records.size());
        put_number(pax.mtime, 0);
        pax.type = 'x';
        put_checksum(pax);
        sink_.write(std::as_bytes(std::span(&pax, 1)));
        left_bytes_ = total_bytes_ = records.size();
        data(as_bytes(records));
    }
    UstarHeader header;
    put_text(header.name, name);
    put_number(header.mode, entry.mode);
    put_number(header.uid, entry.uid);
    put_number(header.gid, entry.gid);
    put_number(header.size, size_bytes);
    put_number(header.mtime,
               entry.mtime_seconds < 0 ? 0 : static_cast<std::uint64_t>(entry.mtime_seconds));
    header.type = type_flag(entry.type);
    put_text(header.link_name, entry.target);
    put_number(header.device_major, entry.device_major);
    put_number(header.device_minor, entry.device_minor);
    put_checksum(header);
    sink_.write(std::as_bytes(std::span(&header, 1)));
    left_bytes_ = total_bytes_ = size_bytes;
}

void TarWriter::data(std::span<const std::byte> bytes) {
    if (bytes.size() > left_bytes_)
        throw Error(ErrorKind::integrity, "a file has more bytes than its header says");
    sink_.write(bytes);
    left_bytes_ -= bytes.size();
    if (left_bytes_ == 0)
        pad();
}

void TarWriter::pad() {
    static constexpr std::array<std::byte, k_block_bytes> k_zeros{};
    const auto over = total_bytes_ % k_block_bytes;
    if (over > 0)
        sink_.write(std::span(k_zeros).first(k_block_bytes - over));
}

void TarWriter::finish() {
    static constexpr std::array<std::byte, 2 * k_block_bytes> k_end{};
    sink_.write(k_end);
}

} // namespace aic::layers
