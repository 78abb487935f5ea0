// SPDX-License-Identifier: Apache-2.0
#include "cache/removal.hpp"

#include "cache/holders.hpp"
#include "cache/trash.hpp"

namespace aic::cache {

bool remove_unless(const Layout& layout, const ImageId& id, std::string_view variant,
                   const std::function<bool()>& is_wanted) {
    const Trash trash(layout);
    if (is_wanted() || !trash.put(id, variant))
        return false;
    bool was_wanted = false;
    try {
        was_wanted = is_wanted();
    } catch (...) {
        trash.bring_back(id, variant);
        throw;
    }
    if (was_wanted)
        trash.bring_back(id, variant);
    return !was_wanted;
}

bool remove_unless_held(const Layout& layout, const ImageId& id, std::string_view variant) {
    return remove_unless(layout, id, variant,
                         [&] { return !Holders::read(layout).of(id, variant).empty(); });
}

} // namespace aic::cache
