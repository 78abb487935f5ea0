// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] { oci::Platform::parse(text); });
    try {
        const auto reference = oci::Reference::parse(text);
        fuzz::require(!reference.base_name().empty());
        // What is shown means the same when it is typed in again.
        fuzz::require(oci::Reference::parse(reference.str()).str() == reference.str());
    } catch (const Error& error) {
        for (const char c : error.message())
            fuzz::require(c == '\n' || (c >= ' ' && c <= '~'));
    }
}
