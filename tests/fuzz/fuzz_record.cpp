// SPDX-License-Identifier: Apache-2.0
#include "cache/record.hpp"
#include "cache/seal.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] { cache::require_seal(text); });
    const auto file = cache::sealed(text); // or nothing would come past the seal
    fuzz::allow_error([&] {
        const auto json = cache::to_json(cache::parse_record(file));
        fuzz::require(cache::to_json(cache::parse_record(json)) == json);
    });
    fuzz::allow_error([&] {
        const auto json = cache::to_json(cache::parse_reference_record(file));
        fuzz::require(cache::to_json(cache::parse_reference_record(json)) == json);
    });
}
