// SPDX-License-Identifier: Apache-2.0
#include "cache/object_key.hpp"

#include "cache/json_fields.hpp"

#include <array>

namespace aic::cache {

namespace {

constexpr int k_key_version = 1;
constexpr std::size_t k_hex_digits = 64;
constexpr std::size_t k_longest_name = 255; // of a file
constexpr std::array k_kinds = {ObjectKind::image, ObjectKind::reference, ObjectKind::name,
                                ObjectKind::pin};

/// One component of a path. A leading dot is that of a temporary file.
bool is_file_name(std::string_view text) {
    using namespace std::string_view_literals;
    return !text.empty() && text.size() <= k_longest_name && text.front() != '.'
           && text.find_first_of("/\0"sv) == std::string_view::npos;
}

bool has_id_and_variant(std::string_view text) {
    return text.size() > k_hex_digits + 1 && text[k_hex_digits] == '.'
           && text[k_hex_digits + 1] != '.' && sha256_from_hex(text.substr(0, k_hex_digits));
}

bool is_of_images(ObjectKind kind) {
    return kind == ObjectKind::image || kind == ObjectKind::pin;
}

ObjectKey make(ObjectKind kind, std::string_view text) {
    if (const auto key = ObjectKey::try_make(kind, text))
        return *key;
    throw Error(ErrorKind::integrity, "'{}' names no {} in a store", text, name_of(kind));
}

} // namespace

std::string_view name_of(ObjectKind kind) {
    switch (kind) {
    case ObjectKind::image:
        return "image";
    case ObjectKind::reference:
        return "ref";
    case ObjectKind::name:
        return "name";
    case ObjectKind::pin:
        return "pin";
    }
    return "";
}

ObjectKey ObjectKey::image(const ImageId& id, std::string_view variant) {
    return make(ObjectKind::image, (id.hex() + '.').append(variant));
}

ObjectKey ObjectKey::pin(const ImageId& id, std::string_view variant) {
    return make(ObjectKind::pin, (id.hex() + '.').append(variant));
}

ObjectKey ObjectKey::reference(std::string_view file_name) {
    return make(ObjectKind::reference, file_name);
}

ObjectKey ObjectKey::name(std::string_view name) {
    return make(ObjectKind::name, name);
}

std::optional<ObjectKey> ObjectKey::try_make(ObjectKind kind, std::string_view text) {
    if (!is_file_name(text) || (is_of_images(kind) && !has_id_and_variant(text))
        || (kind == ObjectKind::reference && !text.ends_with(".json")))
        return std::nullopt;
    return ObjectKey(kind, std::string(text));
}

std::pair<ImageId, std::string> ObjectKey::id_and_variant() const {
    const auto id = sha256_from_hex(std::string_view(text_).substr(0, k_hex_digits));
    return {ImageId(id.value()), text_.substr(k_hex_digits + 1)};
}

std::string to_json(const ObjectKey& key) {
    return to_file_text(
        {{"version", k_key_version}, {"kind", name_of(key.kind())}, {"key", key.text()}});
}

ObjectKey parse_object_key(std::string_view text) {
    const auto value = parse_versioned(text, k_key_version);
    const Fields fields(value);
    const auto kind = fields.get<std::string>("kind");
    for (const auto known : k_kinds)
        if (kind == name_of(known))
            return make(known, fields.get<std::string>("key"));
    throw Error(ErrorKind::integrity, "a change of no known kind");
}

} // namespace aic::cache
