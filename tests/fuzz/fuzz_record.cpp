// SPDX-License-Identifier: Apache-2.0
#include "cache/record.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] {
        const auto json = cache::to_json(cache::parse_record(text));
        fuzz::require(cache::to_json(cache::parse_record(json)) == json);
    });
    fuzz::allow_error([&] {
        const auto json = cache::to_json(cache::parse_reference_record(text));
        fuzz::require(cache::to_json(cache::parse_reference_record(json)) == json);
    });
}
