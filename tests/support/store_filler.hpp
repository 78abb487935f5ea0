// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/name_state.hpp"
#include "cache/numbered_files.hpp"
#include "cache/pending.hpp"
#include "cache/pins.hpp"
#include "cache/record.hpp"
#include "core/files.hpp"
#include "tests/support/sample_record.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace aic::testing {

/// Writes a user's objects into a store as the real writers do, each change with its note.
class StoreFiller {
public:
    explicit StoreFiller(const std::filesystem::path& root) : layout_(root, ::geteuid()) {
        for (const auto& directory :
             {layout_.images(), layout_.references(), layout_.names(), layout_.pins()})
            make_directories(directory, 0700);
    }

    const cache::Layout& layout() const { return layout_; }

    void add_image(const cache::Record& record) const {
        changing(cache::ObjectKey::image(record.id, record.variant), [&] { place_image(record); });
    }

    /// Without a word to the catalogue.
    void place_image(const cache::Record& record) const {
        const auto directory = layout_.variant(record.id, record.variant);
        make_directories(directory, 0700);
        write(directory / cache::k_record_name, to_json(record));
    }

    void remove_image(const cache::Record& record) const {
        changing(cache::ObjectKey::image(record.id, record.variant),
                 [&] { std::filesystem::remove_all(layout_.variant(record.id, record.variant)); });
    }

    void refer(const std::string& reference, const ImageId& id) const {
        const auto path = layout_.reference(reference, {"linux", "amd64", ""});
        changing(cache::ObjectKey::reference(path.filename().native()), [&] {
            write(path, to_json(cache::ReferenceRecord{.reference = reference,
                                                       .points_at = Digest(id.bytes()),
                                                       .id = id,
                                                       .resolved_seconds = 1'700'000'000}));
        });
    }

    void forget_reference(const std::string& reference) const {
        const auto path = layout_.reference(reference, {"linux", "amd64", ""});
        changing(cache::ObjectKey::reference(path.filename().native()),
                 [&] { std::filesystem::remove(path); });
    }

    void set_name(const std::string& name, const cache::Record& record) const {
        add_name_state(name, cache::NameState::Kind::set, record);
    }

    void remove_name(const std::string& name, const cache::Record& record) const {
        add_name_state(name, cache::NameState::Kind::removed, record);
    }

    void pin(const cache::Record& record) const {
        changing(cache::ObjectKey::pin(record.id, record.variant), [&] {
            write(layout_.pin(record.id, record.variant), to_json(cache::Pin{
                                                              .id = record.id,
                                                              .variant = record.variant,
                                                              .note = "for the paper",
                                                              .pinned_seconds = 1'700'000'000,
                                                          }));
        });
    }

    void unpin(const cache::Record& record) const {
        changing(cache::ObjectKey::pin(record.id, record.variant),
                 [&] { std::filesystem::remove(layout_.pin(record.id, record.variant)); });
    }

private:
    template <typename Change>
    void changing(const cache::ObjectKey& key, const Change& change) const {
        cache::ChangeNote note(layout_, key);
        change();
        note.done();
    }

    /// Not synced: thousands of them need not survive a power cut.
    static void write(const std::filesystem::path& path, std::string_view text) {
        AtomicFile file(path, 0644);
        file.write(as_bytes(text));
        file.commit(Durability::cached);
    }

    void add_name_state(const std::string& name, cache::NameState::Kind kind,
                        const cache::Record& record) const {
        const cache::NumberedFiles states(layout_.name(name), ".json");
        make_directories(states.directory(), 0700);
        const auto finished = layout_.names() / ('.' + unique_name());
        write(finished, to_json(cache::NameState{.name = cache::ImageName::parse(name),
                                                 .kind = kind,
                                                 .id = record.id,
                                                 .variant = record.variant,
                                                 .directory = "/home/user/exp",
                                                 .changed_seconds = 1'700'000'000,
                                                 .how = "pull ubuntu",
                                                 .reference = std::nullopt}));
        changing(cache::ObjectKey::name(name), [&] {
            while (!states.publish(finished, states.newest() + 1)) {
            }
        });
        std::filesystem::remove(finished);
    }

    cache::Layout layout_;
};

} // namespace aic::testing
