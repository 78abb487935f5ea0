// SPDX-License-Identifier: Apache-2.0
#include "cache/store_description.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] {
        const auto description = cache::parse_description(text, "/store/store.json");
        const auto json = to_json(description);
        const auto again = cache::parse_description(json, "/store/store.json");
        fuzz::require(to_json(again) == json);
    });
}
