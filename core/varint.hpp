// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace aic {

/// Appends compact values to a buffer: unsigned LEB128 numbers, and text with its length in front.
class VarintWriter {
public:
    explicit VarintWriter(Bytes& out) : out_(out) {}

    void number(std::uint64_t value);
    /// Zig-zag, so that small negative numbers are short too.
    void signed_number(std::int64_t value);
    void text(std::string_view text);
    void raw(std::span<const std::byte> bytes);

private:
    Bytes& out_;
};

/// Reads what VarintWriter wrote. Every read is checked: input that ends early or is malformed
/// throws Error(integrity).
class VarintReader {
public:
    explicit VarintReader(std::span<const std::byte> bytes) : rest_(bytes) {}

    std::uint64_t number() {
        // Most numbers are small.
        if (!rest_.empty() && std::to_integer<unsigned>(rest_.front()) < 0x80) {
            const auto value = std::to_integer<std::uint64_t>(rest_.front());
            rest_ = rest_.subspan(1);
            return value;
        }
        return long_number();
    }

    /// A number of at most `limit`.
    std::uint64_t number_up_to(std::uint64_t limit);

    std::uint32_t number32() { return static_cast<std::uint32_t>(number_up_to(0xFFFFFFFF)); }

    std::int64_t signed_number();
    std::string_view text();
    std::span<const std::byte> raw(std::size_t count);

    bool at_end() const { return rest_.empty(); }

    std::size_t remaining() const { return rest_.size(); }

private:
    std::uint64_t long_number();

    std::span<const std::byte> rest_;
};

} // namespace aic
