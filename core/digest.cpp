// SPDX-License-Identifier: Apache-2.0
#include "core/digest.hpp"

#include "core/error.hpp"

#include <openssl/evp.h>

namespace aic {

std::string to_hex(std::span<const std::byte> bytes) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        hex += k_digits[std::to_integer<unsigned>(byte) >> 4];
        hex += k_digits[std::to_integer<unsigned>(byte) & 15];
    }
    return hex;
}

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

std::optional<Sha256Bytes> sha256_from_hex(std::string_view hex) {
    Sha256Bytes bytes;
    if (hex.size() != bytes.size() * 2)
        return std::nullopt;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_value(hex[2 * i]);
        const int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes[i] = static_cast<std::byte>(high * 16 + low);
    }
    return bytes;
}

void throw_bad_digest(std::string_view text) {
    throw Error(ErrorKind::usage,
                "'{}' is not a digest of the form sha256:<64 lower-case hex digits>",
                text.substr(0, 100));
}

void Sha256Hasher::Free::operator()(void* context) const noexcept {
    EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
    // Fetched once: a lookup per hash costs more than hashing a small block.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (!context_
        || !EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context_.get()), algorithm, nullptr))
        throw Error(ErrorKind::system, "OpenSSL offers no SHA-256");
}

void Sha256Hasher::update(std::span<const std::byte> bytes) {
    EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), bytes.data(), bytes.size());
}

void Sha256Hasher::assign(const Sha256Hasher& other) {
    EVP_MD_CTX_copy_ex(static_cast<EVP_MD_CTX*>(context_.get()),
                       static_cast<const EVP_MD_CTX*>(other.context_.get()));
}

Sha256Bytes Sha256Hasher::finish() {
    Sha256Bytes result;
    EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()),
                       reinterpret_cast<unsigned char*>(result.data()), nullptr);
    return result;
}

Sha256Bytes sha256_of(std::span<const std::byte> bytes) {
    Sha256Hasher hasher;
    hasher.update(bytes);
    return hasher.finish();
}

} // namespace aic
