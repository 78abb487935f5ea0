// SPDX-License-Identifier: Apache-2.0
#include "cache/holders.hpp"

#include "cache/names.hpp"
#include "cache/pins.hpp"

#include <fmt/format.h>

namespace aic::cache {

std::string Holder::str() const {
    switch (kind) {
    case Kind::name:
        return fmt::format("the name '{}'", who);
    case Kind::earlier:
        return fmt::format("the history of '{}'", who);
    case Kind::pin:
        return "a pin";
    case Kind::lease:
        return fmt::format("a lease of {}", who);
    }
    return who;
}

std::string to_text(const std::vector<Holder>& holders) {
    std::string text;
    for (const auto& holder : holders)
        text += (text.empty() ? "" : ", ") + holder.str();
    return text;
}

Holders Holders::read(const Layout& layout) {
    Holders all;
    const Names names(layout);
    for (const auto& name : names.known()) {
        if (!names.find(name))
            continue;
        const auto history = names.history(name);
        auto kind = Holder::Kind::name;
        for (const auto* state : kept_by(history)) {
            all.holders_[{state->id, state->variant}].push_back({kind, name.str()});
            kind = Holder::Kind::earlier;
        }
    }
    for (const auto& pinned : Pins(layout).all())
        all.holders_[pinned].push_back({Holder::Kind::pin, ""});
    return all;
}

std::vector<Holder> Holders::of(const ImageId& id, std::string_view variant) const {
    const auto found = holders_.find({id, std::string(variant)});
    return found == holders_.end() ? std::vector<Holder>() : found->second;
}

std::vector<std::string> Holders::names_of(const ImageId& id, std::string_view variant) const {
    std::vector<std::string> names;
    for (auto& holder : of(id, variant))
        if (holder.kind == Holder::Kind::name)
            names.push_back(std::move(holder.who));
    return names;
}

} // namespace aic::cache
