// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/catalogue_view.hpp"
#include "cache/folding.hpp"
#include "cache/generation.hpp"
#include "tests/support/store_filler.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace aic::testing {

/// A store that is filled, and its catalogue as readers, files and the newest generation have it.
class FoldingTest : public ::testing::Test {
protected:
    cache::Catalogue::Dump seen() const { return cache::view_catalogue(layout).catalogue.dump(); }

    cache::Catalogue::Dump in_files() const { return cache::catalogue_of_files(layout).dump(); }

    cache::Catalogue::Dump in_newest() const {
        return cache::Generations(layout).load().value().catalogue.dump();
    }

    std::uint64_t newest() const { return cache::Generations(layout).newest(); }

    std::filesystem::path newest_path() const {
        return cache::NumberedFiles(layout.catalogue(), ".db").path(newest());
    }

    TempDir directory;
    StoreFiller store{directory.path()};
    const cache::Layout& layout = store.layout();
    const cache::Record a = sample_record("a");
    const cache::Record b = sample_record("b");
};

} // namespace aic::testing
