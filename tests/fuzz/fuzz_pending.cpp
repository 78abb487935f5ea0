// SPDX-License-Identifier: Apache-2.0
#include "cache/object_key.hpp"
#include "cache/seal.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] {
        const auto key = cache::parse_object_key(cache::sealed(text));
        fuzz::require(cache::parse_object_key(cache::to_json(key)) == key);
        fuzz::require(key.text().find('/') == std::string::npos && key.text().front() != '.');
    });
}
