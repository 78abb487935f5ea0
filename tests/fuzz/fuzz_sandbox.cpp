// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/plan.hpp"
#include "builder/sandbox/report.hpp"
#include "oci/derived_documents.hpp"
#include "oci/image_config.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// What the processes of a sandbox tell each other, and a base's config as it is built upon.
AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] {
        const auto plan = sandbox::parse_plan(text);
        fuzz::require(to_json(sandbox::parse_plan(to_json(plan))) == to_json(plan));
    });
    if (const auto report = sandbox::parse_report(text))
        fuzz::require(sandbox::parse_report(to_line(*report)).has_value());
    fuzz::allow_error([&] {
        oci::parse_image_config(text);
        oci::parse_image_config(oci::derived_config(
            text, {.layers = {{.diff_id = DiffId(sha256_of("layer"))}}, .env = {"A=b"}}));
    });
}
