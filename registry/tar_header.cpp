// SPDX-License-Identifier: Apache-2.0
#include "registry/tar_header.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <charconv>
#include <limits>

namespace aic::registry {

namespace {

/// A field of the header, by POSIX (pax, "ustar Interchange Format").
struct Field {
    std::size_t offset;
    std::size_t width;
};

constexpr Field k_name{0, 100};
constexpr Field k_size{124, 12};
constexpr Field k_checksum{148, 8};
constexpr std::size_t k_type_offset = 156;
constexpr Field k_link_name{157, 100};
constexpr Field k_magic{257, 6};
constexpr Field k_prefix{345, 155};
constexpr std::string_view k_posix_magic("ustar\0", 6); // GNU's has a space there, and no prefix

/// File offsets hold no more.
constexpr std::uint64_t k_max_size_bytes = std::numeric_limits<std::int64_t>::max();

std::string_view raw(std::string_view block, Field field) {
    return block.substr(field.offset, field.width);
}

std::string_view text(std::string_view block, Field field) {
    const auto bytes = raw(block, field);
    return bytes.substr(0, bytes.find('\0'));
}

Error bad_number() {
    return Error(ErrorKind::integrity, "a header of the tar holds a size that is no number");
}

/// GNU's form for what the octal digits cannot hold: big-endian, marked by the first bit.
std::uint64_t base_256(std::string_view digits) {
    std::uint64_t value = static_cast<unsigned char>(digits.front()) & 0x7FU;
    for (const char digit : digits.substr(1)) {
        if (value > k_max_size_bytes >> 8)
            throw bad_number();
        value = value << 8 | static_cast<unsigned char>(digit);
    }
    return value;
}

std::uint64_t number(std::string_view digits) {
    if (static_cast<unsigned char>(digits.front()) & 0x80U)
        return base_256(digits);
    const auto first = digits.find_first_not_of(' ');
    digits.remove_prefix(std::min(first, digits.size()));
    digits = digits.substr(0, digits.find_first_of(std::string_view(" \0", 2)));
    std::uint64_t value = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '7')
            throw bad_number();
        value = value * 8 + static_cast<std::uint64_t>(digit - '0'); // at most 12 digits
    }
    return value;
}

/// Over the block with the checksum itself as spaces. Some old tars summed signed bytes.
bool checksum_fits(std::string_view block) {
    std::uint64_t of_unsigned = 0;
    std::int64_t of_signed = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const bool is_own = i - k_checksum.offset < k_checksum.width;
        const auto byte = static_cast<unsigned char>(is_own ? ' ' : block[i]);
        of_unsigned += byte;
        of_signed += static_cast<signed char>(byte);
    }
    try {
        const auto stored = number(raw(block, k_checksum));
        return stored == of_unsigned || static_cast<std::int64_t>(stored) == of_signed;
    } catch (const Error&) {
        return false;
    }
}

Error bad_record() {
    return Error(ErrorKind::integrity, "a PAX header of the tar is malformed");
}

} // namespace

std::optional<TarHeader> parse_tar_header(std::span<const std::byte, k_tar_block_bytes> bytes) {
    const auto block = as_text(bytes);
    if (!checksum_fits(block))
        return std::nullopt;
    TarHeader header;
    header.type = block[k_type_offset] == '\0' ? '0' : block[k_type_offset];
    header.path = text(block, k_name);
    header.target = text(block, k_link_name);
    header.size_bytes = number(raw(block, k_size));
    const auto prefix = text(block, k_prefix);
    if (raw(block, k_magic) == k_posix_magic && !prefix.empty())
        header.path = fmt::format("{}/{}", prefix, header.path);
    return header;
}

std::map<std::string, std::string, std::less<>> parse_pax_records(std::string_view text) {
    std::map<std::string, std::string, std::less<>> records;
    while (!text.empty()) {
        const auto space = text.find(' ');
        const auto length = parse_pax_size(text.substr(0, space));
        if (space == std::string_view::npos || length > text.size() || length < space + 2
            || text[length - 1] != '\n')
            throw bad_record();
        const auto record = text.substr(space + 1, length - space - 2);
        const auto equals = record.find('=');
        if (equals == std::string_view::npos)
            throw bad_record();
        records.insert_or_assign(std::string(record.substr(0, equals)),
                                 std::string(record.substr(equals + 1)));
        text.remove_prefix(length);
    }
    return records;
}

std::uint64_t parse_pax_size(std::string_view text) {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc() || stopped != end || value > k_max_size_bytes)
        throw bad_record();
    return value;
}

} // namespace aic::registry
