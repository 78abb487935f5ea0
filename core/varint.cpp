// SPDX-License-Identifier: Apache-2.0
#include "core/varint.hpp"

#include "core/error.hpp"

namespace aic {

void VarintWriter::number(std::uint64_t value) {
    while (value >= 0x80) {
        out_.push_back(static_cast<std::byte>(value | 0x80));
        value >>= 7;
    }
    out_.push_back(static_cast<std::byte>(value));
}

void VarintWriter::signed_number(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void VarintWriter::text(std::string_view text) {
    number(text.size());
    raw(as_bytes(text));
}

void VarintWriter::raw(std::span<const std::byte> bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
}

std::uint64_t VarintReader::long_number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const auto byte = std::to_integer<std::uint64_t>(raw(1)[0]);
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
    throw Error(ErrorKind::integrity, "a number has too many bytes");
}

std::uint64_t VarintReader::number_up_to(std::uint64_t limit) {
    const auto value = number();
    if (value > limit)
        throw Error(ErrorKind::integrity, "the number {} is larger than {}", value, limit);
    return value;
}

std::int64_t VarintReader::signed_number() {
    const auto bits = number();
    return static_cast<std::int64_t>((bits >> 1) ^ (bits & 1 ? ~std::uint64_t{0} : 0));
}

std::string_view VarintReader::text() {
    const auto size = number_up_to(rest_.size());
    return as_text(raw(size));
}

std::span<const std::byte> VarintReader::raw(std::size_t count) {
    if (count > rest_.size())
        throw Error(ErrorKind::integrity, "the data end early");
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

} // namespace aic
