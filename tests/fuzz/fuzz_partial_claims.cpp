// SPDX-License-Identifier: Apache-2.0
#include "registry/content_range.hpp"
#include "registry/partial_claims.hpp"
#include "registry/retry.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    if (const auto claims = registry::parse_partial_claims(text)) {
        fuzz::require(registry::parse_partial_claims(registry::to_text(*claims)) == claims);
        for (const auto& range : claims->ranges.list())
            fuzz::require(range.begin < range.end && range.end <= claims->size_bytes);
    }
    if (const auto part = registry::parse_content_range(text))
        fuzz::require(part->range.begin < part->range.end
                      && part->range.end <= part->total_bytes.value_or(part->range.end));
    if (const auto wait = registry::parse_retry_after(text, {}))
        fuzz::require(wait->count() >= 0);
}
