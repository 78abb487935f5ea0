// SPDX-License-Identifier: Apache-2.0
#include "cache/claim_note.hpp"
#include "cache/seal.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] { cache::parse_claim_note(text); });
    fuzz::allow_error([&] { // or nothing would come past the seal
        const auto json = cache::to_json(cache::parse_claim_note(cache::sealed(text)));
        fuzz::require(cache::to_json(cache::parse_claim_note(json)) == json);
    });
}
