// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cache {

/// A lasting hold on one image, whatever it is called (docs/formats/names.md).
struct Pin {
    ImageId id;
    std::string variant;
    std::optional<std::string> note; ///< why, in the user's words
    std::int64_t pinned_seconds = 0; ///< Unix time
};

std::string to_json(const Pin& pin);
/// Throws Error(integrity) naming the field that is missing or malformed.
Pin parse_pin(std::string_view json);

/// One user's pins, a file each. The file's name alone holds the image; its text is for people.
class Pins {
public:
    explicit Pins(Layout layout) : layout_(std::move(layout)) {}

    /// A pin that is there already is replaced: its note is then the new one.
    void set(const Pin& pin) const;
    /// False when there was none.
    bool remove(const ImageId& id, std::string_view variant) const;
    std::optional<Pin> find(const ImageId& id, std::string_view variant) const;
    /// What is pinned.
    std::vector<ImageKey> all() const;

private:
    Layout layout_;
};

} // namespace aic::cache
