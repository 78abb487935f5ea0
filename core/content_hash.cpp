// SPDX-License-Identifier: Apache-2.0
#include "core/content_hash.hpp"

#include "core/hex.hpp"

#include <xxhash.h>

#include <cstring>
#include <new>

namespace aic {

namespace {

ContentHash canonical(const XXH128_hash_t& hash) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    ContentHash::Bytes bytes;
    static_assert(sizeof canonical.digest == bytes.size());
    std::memcpy(bytes.data(), canonical.digest, bytes.size());
    return ContentHash(bytes);
}

XXH3_state_t* as_state(void* state) {
    return static_cast<XXH3_state_t*>(state);
}

} // namespace

ContentHash ContentHash::of(std::span<const std::byte> bytes) {
    return canonical(XXH3_128bits(bytes.data(), bytes.size()));
}

std::optional<ContentHash> ContentHash::try_parse(std::string_view hex) {
    Bytes bytes;
    return from_hex(hex, bytes) ? std::optional(ContentHash(bytes)) : std::nullopt;
}

std::string ContentHash::hex() const {
    return to_hex(bytes_);
}

void ContentHasher::Free::operator()(void* state) const noexcept {
    XXH3_freeState(as_state(state));
}

ContentHasher::ContentHasher() : state_(XXH3_createState()) {
    if (!state_)
        throw std::bad_alloc();
    XXH3_128bits_reset(as_state(state_.get()));
}

void ContentHasher::update(std::span<const std::byte> bytes) {
    XXH3_128bits_update(as_state(state_.get()), bytes.data(), bytes.size());
}

void ContentHasher::assign(const ContentHasher& other) {
    XXH3_copyState(as_state(state_.get()), as_state(other.state_.get()));
}

ContentHash ContentHasher::value() const {
    return canonical(XXH3_128bits_digest(as_state(state_.get())));
}

} // namespace aic
