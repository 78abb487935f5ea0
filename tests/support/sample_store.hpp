// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store.hpp"
#include "tests/support/sample_record.hpp"
#include "tests/support/temp_dir.hpp"

#include <string_view>

namespace aic::testing {

/// A store of its own for one test.
class SampleStore {
public:
    SampleStore() { store.prepare(); }

    /// Publishes an image as an import does; its file holds `text`.
    cache::StoredImage add(const cache::Record& record, std::string_view text = "bytes") {
        const auto staged = store.layout().temporary() / unique_name();
        std::filesystem::create_directory(staged);
        write_file(staged / record.file_name, text);
        write_file(staged / cache::k_record_name, to_json(record));
        return store.publish(staged, record.id, record.variant);
    }

    /// The image of sample_record() with this name.
    cache::StoredImage add(std::string_view name) { return add(sample_record(name)); }

    bool has(const ImageId& id, std::string_view variant = "zstd1-128k") const {
        return store.find(id, variant).has_value();
    }

    const cache::Layout& layout() const { return store.layout(); }

    TempDir directory;
    cache::Store store{directory / "store"};
};

} // namespace aic::testing
