// SPDX-License-Identifier: Apache-2.0
#include "registry/link_header.hpp"
#include "registry/tag_pattern.hpp"
#include "registry/version_order.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    static_cast<void>(registry::next_link(text));
    fuzz::allow_error([&] { static_cast<void>(registry::split_tag_pattern(text)); });
    const auto middle = text.size() / 2;
    const auto a = text.substr(0, middle);
    const auto b = text.substr(middle);
    const auto order = registry::compare_versions(a, b);
    fuzz::require((order == 0) == (a == b));
    fuzz::require((order < 0) == (registry::compare_versions(b, a) > 0));
}
