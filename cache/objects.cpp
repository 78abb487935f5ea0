// SPDX-License-Identifier: Apache-2.0
#include "cache/objects.hpp"

#include "cache/name_state.hpp"
#include "cache/numbered_files.hpp"
#include "cache/pins.hpp"
#include "cache/subtree.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::uint64_t k_max_record_bytes = 64 << 20;
constexpr std::uint64_t k_max_state_bytes = 1 << 20;
/// No file is larger (1 PiB), and the catalogue's sums stay in their range.
constexpr std::uint64_t k_max_image_bytes = std::uint64_t{1} << 50;

/// Nothing when it says that the name is gone.
std::optional<Object> parse_name(std::string_view text) {
    auto state = parse_name_state(text);
    if (!state.is_set())
        return std::nullopt;
    return NameSummary{.id = state.id,
                       .variant = std::move(state.variant),
                       .directory = std::move(state.directory),
                       .changed_seconds = state.changed_seconds};
}

Object summary_of(Pin pin) {
    return PinSummary{.note = std::move(pin.note), .pinned_seconds = pin.pinned_seconds};
}

Object parse_image(std::string_view text, const ObjectKey& key) {
    auto record = parse_record(text);
    if (ObjectKey::image(record.id, record.variant) != key)
        throw Error(ErrorKind::integrity, "it is the record of another image");
    const auto ends_late = [](const SegmentRecord& segment) {
        return std::max(segment.offset, segment.length_bytes) > k_max_image_bytes;
    };
    if (record.size_bytes > k_max_image_bytes || std::ranges::any_of(record.segments, ends_late))
        throw Error(ErrorKind::integrity, "it speaks of more bytes than a file has");
    return record;
}

/// The file that says what the object is; nothing when there is no such object.
std::optional<fs::path> file_of(const Layout& layout, const ObjectKey& key) {
    switch (key.kind()) {
    case ObjectKind::image: {
        const auto [id, variant] = key.id_and_variant();
        return layout.variant(id, variant) / k_record_name;
    }
    case ObjectKind::reference:
        return layout.references() / key.text();
    case ObjectKind::pin:
        return layout.pins() / key.text();
    case ObjectKind::name:
        break;
    }
    const NumberedFiles states(layout.name(key.text()), ".json");
    const auto newest = states.newest();
    return newest == 0 ? std::nullopt : std::optional(states.path(newest));
}

std::optional<Object> parse_object(const ObjectKey& key, std::string_view text) {
    switch (key.kind()) {
    case ObjectKind::image:
        return parse_image(text, key);
    case ObjectKind::reference:
        return parse_reference_record(text);
    case ObjectKind::pin:
        return summary_of(parse_pin(text));
    case ObjectKind::name:
        break;
    }
    return parse_name(text);
}

} // namespace

std::vector<ObjectKey> object_keys(const Layout& layout) {
    std::vector<ObjectKey> keys;
    const auto add = [&](ObjectKind kind, const std::string& text) {
        if (auto key = ObjectKey::try_make(kind, text))
            keys.push_back(std::move(*key));
    };
    for (const auto& image : entries_of(layout.images()))
        for (const auto& variant : entries_of(image))
            add(ObjectKind::image, image.filename().native() + '.' + variant.filename().native());
    for (const auto& [kind, directory] :
         {std::pair(ObjectKind::reference, layout.references()),
          std::pair(ObjectKind::name, layout.names()), std::pair(ObjectKind::pin, layout.pins())})
        for (const auto& path : entries_of(directory))
            add(kind, path.filename().native());
    return keys;
}

std::optional<Object> read_object(const Layout& layout, const ObjectKey& key, Visibility audience) {
    const auto path = file_of(layout, key);
    if (!path)
        return std::nullopt;
    if (audience == Visibility::everyone && key.kind() == ObjectKind::image
        && visibility_of(path->parent_path()) == Visibility::owner)
        return std::nullopt;
    const auto limit = key.kind() == ObjectKind::image ? k_max_record_bytes : k_max_state_bytes;
    try {
        const auto text = read_beneath(layout, *path, limit);
        return text ? parse_object(key, *text) : std::nullopt;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::integrity)
            throw;
        warn("reading '{}': {}", path->native(), error.message());
        return std::nullopt;
    }
}

} // namespace aic::cache
