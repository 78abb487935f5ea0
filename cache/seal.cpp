// SPDX-License-Identifier: Apache-2.0
#include "cache/seal.hpp"

#include "core/content_hash.hpp"
#include "core/error.hpp"

namespace aic::cache {

namespace {

std::string seal_of(std::string_view fields) {
    return fmt::format(",\n  \"xxh128\": \"{}\"\n}}\n", ContentHash::of(fields).hex());
}

} // namespace

std::string sealed(std::string_view object) {
    object = object.substr(0, object.rfind('}'));
    const auto end = object.find_last_not_of(" \n");
    std::string fields(object.substr(0, end + 1));
    return fields + seal_of(fields);
}

void require_seal(std::string_view text) {
    static const auto k_seal_length = seal_of("").size();
    if (text.size() < k_seal_length)
        throw Error(ErrorKind::integrity, "it does not end in its hash");
    const auto fields = text.substr(0, text.size() - k_seal_length);
    if (text.substr(fields.size()) != seal_of(fields))
        throw Error(ErrorKind::integrity, "its text is not what its hash says");
}

} // namespace aic::cache
