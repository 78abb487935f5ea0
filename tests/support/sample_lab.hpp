// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/library.hpp"
#include "cache/names.hpp"
#include "cache/set_up.hpp"
#include "cache/visibility.hpp"
#include "tests/support/as_user.hpp"
#include "tests/support/sample_record.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

namespace aic::testing {

/// A lab's store that root has set up, for one test that acts as its members.
class SampleLab {
public:
    SampleLab() {
        if (::chmod(directory.path().c_str(), 0755) != 0)
            throw system_error("opening '{}'", directory.path().native());
        set_up(cache::Layout(root(), 0), {.preset = cache::Preset::lab, .group = k_lab});
    }

    std::filesystem::path root() const { return directory / "store"; }

    cache::Layout layout_of(uid_t user) const { return {root(), user}; }

    /// As if this user had made all of it, from layers that `producer` compressed.
    static cache::Record record_of(uid_t user, uid_t producer, std::string_view name) {
        auto record = sample_record(name);
        record.owner_uid = user;
        record.header.producer_uid = record.tables.producer_uid = user;
        for (auto& segment : record.segments)
            segment.producer_uid = producer;
        return record;
    }

    /// The acting user publishes an image, with a reference that leads to it.
    cache::StoredImage publish(const cache::Record& record,
                               cache::Visibility visibility = cache::Visibility::everyone) {
        cache::Store store(root());
        store.prepare();
        const auto staged = store.layout().temporary() / unique_name();
        std::filesystem::create_directory(staged);
        write_file(staged / record.file_name, "bytes");
        write_file(staged / cache::k_record_name, to_json(record));
        cache::set_modes(staged, visibility);
        if (visibility == cache::Visibility::owner)
            cache::note_private(store.layout(), record.id, record.variant);
        auto image = store.publish(staged, record.id, record.variant);
        store.write_reference({.reference = record.reference, .id = record.id}, record.platform);
        return image;
    }

    cache::StoredImage publish_as(uid_t user, std::string_view name = "sample",
                                  cache::Visibility visibility = cache::Visibility::everyone) {
        const AsUser acting(user);
        return publish(record_of(user, user, name), visibility);
    }

    void name_as(uid_t user, const char* name, const cache::Record& record) {
        const AsUser acting(user);
        cache::Names(layout_of(user))
            .set(cache::ImageName::parse(name), {record.id, record.variant, "pull", {}}, "/home",
                 cache::Replace::yes);
    }

    /// What the acting user has there, who trusts these others.
    cache::Library library(const std::vector<std::string>& publishers = {}) const {
        return {cache::Store(root()), {}, cache::Trust(::geteuid(), publishers)};
    }

    TempDir directory;
};

} // namespace aic::testing
