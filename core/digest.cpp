// SPDX-License-Identifier: Apache-2.0
#include "core/digest.hpp"

#include "core/error.hpp"

#include <openssl/evp.h>

namespace aic {

std::optional<Sha256Bytes> sha256_from_hex(std::string_view hex) {
    Sha256Bytes bytes;
    return from_hex(hex, bytes) ? std::optional(bytes) : std::nullopt;
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
