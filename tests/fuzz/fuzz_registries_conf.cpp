// SPDX-License-Identifier: Apache-2.0
#include "registry/registries_conf.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] {
        const auto registries = registry::parse_registries_conf(text);
        const auto reference = oci::Reference::parse("r.io/lab/x:1");
        const auto& asked_for = *reference.registry();
        const auto* found = registry::find_registry(registries, registry::full_name(asked_for));
        if (!found)
            return;
        // Wherever it is, it is a reference that can be written.
        const auto check = [](const oci::RegistryReference& moved) {
            fuzz::require(*oci::Reference::parse(moved.str()).registry() == moved);
        };
        for (const auto& mirror : found->mirrors)
            fuzz::allow_error([&] { check(registry::mirrored(asked_for, *found, mirror)); });
        check(registry::relocated(asked_for, *found));
    });
}
