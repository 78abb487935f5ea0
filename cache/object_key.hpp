// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace aic::cache {

/// What of a user's subtree has a row in the catalogue.
enum class ObjectKind { image, reference, name, pin };

/// Which object of one user's subtree is meant. Carries nothing of what the object says.
class ObjectKey {
public:
    static ObjectKey image(const ImageId& id, std::string_view variant);
    static ObjectKey pin(const ImageId& id, std::string_view variant);
    /// By the name of its file in refs/.
    static ObjectKey reference(std::string_view file_name);
    static ObjectKey name(std::string_view name);
    /// Nothing when `text` is no key of this kind, or would lead out of its directory.
    static std::optional<ObjectKey> try_make(ObjectKind kind, std::string_view text);

    ObjectKind kind() const { return kind_; }

    /// "<id hex>.<variant>" of an image or pin, else the name of the file or directory.
    const std::string& text() const { return text_; }

    /// Of an image or a pin.
    std::pair<ImageId, std::string> id_and_variant() const;

    auto operator<=>(const ObjectKey&) const = default;

private:
    ObjectKey(ObjectKind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

    ObjectKind kind_;
    std::string text_;
};

/// "image", "ref", "name", "pin": as files and messages say it.
std::string_view name_of(ObjectKind kind);

std::string to_json(const ObjectKey& key);
/// Throws Error(integrity) when this is no key, or one of a newer version.
ObjectKey parse_object_key(std::string_view json);

} // namespace aic::cache
