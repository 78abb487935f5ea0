// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/name.hpp"
#include "core/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cache {

/// One file of a name's history (docs/formats/names.md): what the name stood for from then on.
struct NameState {
    enum class Kind { set, removed };

    std::uint64_t number = 0; ///< of the file; not in its text
    ImageName name;
    Kind kind = Kind::set;
    ImageId id;                           ///< of a removed name: what it stood for last
    std::string variant;                  ///< likewise
    std::optional<std::string> directory; ///< that the name was given in
    std::int64_t changed_seconds = 0;     ///< Unix time
    std::string how;                      ///< "pull docker.io/library/ubuntu:22.04"
    std::optional<std::string> reference; ///< which pulls the image again

    bool is_set() const { return kind == Kind::set; }

    bool is_of(const ImageId& other_id, std::string_view other_variant) const {
        return id == other_id && variant == other_variant;
    }

    bool is_same_image(const NameState& other) const { return is_of(other.id, other.variant); }
};

std::string to_json(const NameState& state);
/// Throws Error(integrity) naming the field that is missing or malformed.
NameState parse_name_state(std::string_view json);

/// States in the order of their numbers.
using NameHistory = std::vector<NameState>;

/// What the name stands for now; null when it was never set, or was removed.
const NameState* current_of(const NameHistory& history);

/// The states whose images the name keeps: the newest of its present image and of each of the three
/// different ones before it, newest first. A name that was removed keeps none.
std::vector<const NameState*> kept_by(const NameHistory& history);

/// The state that restoring the name goes back to: the one with this number, or else the last of
/// another image, or for a name that was removed its last one. Throws Error(not_found).
const NameState& restorable(const NameHistory& history, const ImageName& name,
                            std::optional<std::uint64_t> number);

/// How the image of a state first came to the name, which is what makes it again.
const NameState& origin_of(const NameHistory& history, const NameState& state);

} // namespace aic::cache
