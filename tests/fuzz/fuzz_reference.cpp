// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <optional>

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] { oci::Platform::parse(text); });
    std::optional<oci::Reference> reference;
    try {
        reference = oci::Reference::parse(text);
    } catch (const Error& error) {
        for (const char c : error.message())
            fuzz::require(c == '\n' || (c >= ' ' && c <= '~'));
        return;
    }
    fuzz::require(!reference->base_name().empty());
    // What is shown means the same when it is typed in again; an error of it would be a find.
    fuzz::require(oci::Reference::parse(reference->str()).str() == reference->str());
}
