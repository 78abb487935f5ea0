// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/object_key.hpp"
#include "cache/record.hpp"
#include "cache/visibility.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace aic::cache {

/// What the catalogue keeps of a name's newest state.
struct NameSummary {
    ImageId id;
    std::string variant;
    std::optional<std::string> directory; ///< that it was given from
    std::int64_t changed_seconds = 0;     ///< Unix time
};

struct PinSummary {
    std::optional<std::string> note;
    std::int64_t pinned_seconds = 0; ///< Unix time
};

using Object = std::variant<Record, ReferenceRecord, NameSummary, PinSummary>;

/// All there is in this user's subtree, in no particular order.
std::vector<ObjectKey> object_keys(const Layout& layout);

/// What the files say now. Nothing when the object is gone, damaged (then there is a warning) or
/// not its user's own; a private image only for its owner's eyes. Throws Error(denied) when we may
/// not see it.
std::optional<Object> read_object(const Layout& layout, const ObjectKey& key,
                                  Visibility audience = Visibility::everyone);

} // namespace aic::cache
