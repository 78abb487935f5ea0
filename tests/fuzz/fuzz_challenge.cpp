// SPDX-License-Identifier: Apache-2.0
#include "registry/auth.hpp"
#include "registry/challenge.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    static const auto registry = registry::Url::parse("https://registry.example");
    for (const auto& challenge : registry::parse_challenges(text)) {
        fuzz::require(!challenge.scheme.empty());
        fuzz::allow_error([&] { registry::token_url(challenge, registry, "repository:a:pull"); });
    }
    fuzz::allow_error([&] { registry::parse_token(text); });
    fuzz::allow_error([&] { registry.resolve(text); });
}
