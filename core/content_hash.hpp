// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/bytes.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aic {

/// The XXH3-128 of a range of a file in the store, in the byte order that `xxh128sum` prints. It
/// finds damage at the speed of memory. It proves nothing against somebody who means harm: whose
/// bytes may be believed is a matter of owners.
class ContentHash {
public:
    using Bytes = std::array<std::byte, 16>;

    constexpr ContentHash() = default;

    explicit ContentHash(const Bytes& bytes) : bytes_(bytes) {}

    static ContentHash of(std::span<const std::byte> bytes);

    static ContentHash of(std::string_view text) { return of(as_bytes(text)); }

    /// From exactly 32 lower-case hex digits, else nothing.
    static std::optional<ContentHash> try_parse(std::string_view hex);

    std::string hex() const;

    const Bytes& bytes() const { return bytes_; }

    auto operator<=>(const ContentHash&) const = default;

private:
    Bytes bytes_{};
};

/// Makes a ContentHash of bytes that come in pieces.
class ContentHasher {
public:
    ContentHasher();
    void update(std::span<const std::byte> bytes);
    /// Becomes a copy of `other`, so that hashing can go back to an earlier point.
    void assign(const ContentHasher& other);
    /// The hash of everything so far.
    ContentHash value() const;

private:
    struct Free {
        void operator()(void* state) const noexcept;
    };

    std::unique_ptr<void, Free> state_;
};

} // namespace aic
