// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/bytes.hpp"
#include "core/hex.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aic {

using Sha256Bytes = std::array<std::byte, 32>;

/// From exactly 64 lower-case hex digits, else nothing.
std::optional<Sha256Bytes> sha256_from_hex(std::string_view hex);

/// A SHA-256 over one particular kind of bytes. The tag keeps a layer's blob digest (compressed
/// bytes) and its diff id (uncompressed tar) from standing in for one another.
template <typename Tag>
class Sha256 {
public:
    constexpr Sha256() = default;

    explicit Sha256(const Sha256Bytes& bytes) : bytes_(bytes) {}

    /// From "sha256:<64 lower-case hex digits>", else nothing.
    static std::optional<Sha256> try_parse(std::string_view text) {
        constexpr std::string_view k_prefix = "sha256:";
        if (!text.starts_with(k_prefix))
            return std::nullopt;
        const auto bytes = sha256_from_hex(text.substr(k_prefix.size()));
        return bytes ? std::optional(Sha256(*bytes)) : std::nullopt;
    }

    /// As try_parse(), but throws Error(usage).
    static Sha256 parse(std::string_view text);

    std::string hex() const { return to_hex(bytes_); }

    std::string str() const { return "sha256:" + hex(); }

    /// The first 12 hex digits: what people see and what file names carry.
    std::string short_hex() const { return hex().substr(0, 12); }

    const Sha256Bytes& bytes() const { return bytes_; }

    auto operator<=>(const Sha256&) const = default;

private:
    Sha256Bytes bytes_{};
};

using Digest = Sha256<struct BlobTag>;     ///< OCI descriptor digest: the bytes as transferred
using DiffId = Sha256<struct LayerTarTag>; ///< OCI rootfs.diff_ids: the layer's uncompressed tar
using ImageId =
    Sha256<struct ImageConfigTag>;         ///< digest of the OCI config as the registry served it
using FileDigest = Sha256<struct FileTag>; ///< of an image file, by way of its parts

/// Throws the Error(usage) of Sha256::parse.
[[noreturn]] void throw_bad_digest(std::string_view text);

template <typename Tag>
Sha256<Tag> Sha256<Tag>::parse(std::string_view text) {
    if (auto digest = try_parse(text))
        return *digest;
    throw_bad_digest(text);
}

/// Incremental SHA-256 over OpenSSL EVP (SHA-NI where the CPU has it).
class Sha256Hasher {
public:
    Sha256Hasher();
    void update(std::span<const std::byte> bytes);
    /// Becomes a copy of `other`, so that hashing can go back to an earlier point.
    void assign(const Sha256Hasher& other);
    /// The digest of everything so far; the hasher is spent afterwards.
    Sha256Bytes finish();

private:
    struct Free {
        void operator()(void* context) const noexcept;
    };

    std::unique_ptr<void, Free> context_;
};

Sha256Bytes sha256_of(std::span<const std::byte> bytes);

inline Sha256Bytes sha256_of(std::string_view text) {
    return sha256_of(as_bytes(text));
}

} // namespace aic
