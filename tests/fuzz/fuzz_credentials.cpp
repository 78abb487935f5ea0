// SPDX-License-Identifier: Apache-2.0
#include "registry/base64.hpp"
#include "registry/credentials.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    const auto entries = registry::parse_netrc(text);
    registry::credentials_from_netrc(entries, "nvcr.io", "", "/f");
    fuzz::allow_error(
        [&] { registry::credentials_from_docker_config(text, "docker.io", "library/x"); });
    fuzz::allow_error([&] { registry::holds_passwords(text); });
    fuzz::require(registry::base64_decode(registry::base64_encode(text)) == text);
}
