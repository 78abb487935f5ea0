// SPDX-License-Identifier: Apache-2.0
#include "cache/objects.hpp"

#include "cache/numbered_files.hpp"
#include "cache/subtree.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

using nlohmann::json;

constexpr std::uint64_t k_max_record_bytes = 64 << 20;
constexpr std::uint64_t k_max_state_bytes = 1 << 20;
/// No file is larger (1 PiB), and the catalogue's sums stay in their range.
constexpr std::uint64_t k_max_image_bytes = std::uint64_t{1} << 50;

std::optional<std::string> text_or_null(const json& value, const char* name) {
    const auto field = value.value(name, json());
    return field.is_string() ? std::optional(field.get<std::string>()) : std::nullopt;
}

std::string text_of(const json& value, const char* name) {
    if (auto text = text_or_null(value, name))
        return std::move(*text);
    throw Error(ErrorKind::integrity, "the field '{}' is missing or malformed", name);
}

json parse_state(std::string_view text) {
    auto value = json::parse(text, nullptr, false);
    if (!value.is_object())
        throw Error(ErrorKind::integrity, "not a JSON object");
    return value;
}

/// Of a name's state only what the catalogue keeps; nothing when it says that the name is gone.
std::optional<Object> parse_name(std::string_view text) {
    const auto value = parse_state(text);
    if (text_of(value, "state") != "set")
        return std::nullopt;
    const auto id = ImageId::try_parse(text_of(value, "id"));
    if (!id)
        throw Error(ErrorKind::integrity, "the field 'id' is no digest");
    return NameSummary{.id = *id,
                       .variant = text_of(value, "variant"),
                       .directory = text_or_null(value, "directory"),
                       .changed_seconds = parse_utc_time(text_of(value, "changed"))};
}

Object parse_pin(std::string_view text) {
    const auto value = parse_state(text);
    return PinSummary{.note = text_or_null(value, "note"),
                      .pinned_seconds = parse_utc_time(text_of(value, "pinned"))};
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
        return parse_pin(text);
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

std::optional<Object> read_object(const Layout& layout, const ObjectKey& key) {
    const auto path = file_of(layout, key);
    if (!path)
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
