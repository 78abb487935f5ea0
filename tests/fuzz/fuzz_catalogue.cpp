// SPDX-License-Identifier: Apache-2.0
#include "cache/catalogue.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

/// The database of a generation, whose checksum anybody can make.
AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] {
        cache::sqlite::Buffer file(text.size());
        std::ranges::copy(as_bytes(text), file.bytes().begin());
        cache::Catalogue catalogue(std::move(file));
        fuzz::allow_error([&] { catalogue.images({.pattern = "a*"}); });
        fuzz::allow_error([&] { catalogue.statistics(); });
        fuzz::allow_error([&] { catalogue.names(); });
        fuzz::allow_error([&] { catalogue.holders_of({}); });
        fuzz::allow_error([&] { catalogue.dump(); });
        fuzz::allow_error([&] { catalogue.ancestry(); });
        const auto key = cache::ObjectKey::name("exp");
        fuzz::allow_error([&] { catalogue.put(7, key, cache::NameSummary{}); });
        fuzz::allow_error([&] { catalogue.keep_owners({7}); });
        fuzz::allow_error([&] { catalogue.check(); });
    });
}
