// SPDX-License-Identifier: Apache-2.0
#include "cache/name_state.hpp"
#include "cache/pins.hpp"
#include "cache/seal.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] {
        const auto name = cache::ImageName::parse(text);
        fuzz::require(name.str() == text && name.str().find('/') == std::string::npos);
    });
    const auto file = cache::sealed(text); // or nothing would come past the seal
    fuzz::allow_error([&] {
        const auto json = cache::to_json(cache::parse_name_state(file));
        fuzz::require(cache::to_json(cache::parse_name_state(json)) == json);
    });
    fuzz::allow_error([&] {
        const auto json = cache::to_json(cache::parse_pin(file));
        fuzz::require(cache::to_json(cache::parse_pin(json)) == json);
    });
}
