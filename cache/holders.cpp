// SPDX-License-Identifier: Apache-2.0
#include "cache/holders.hpp"

#include "cache/lease.hpp"
#include "cache/names.hpp"
#include "cache/pins.hpp"
#include "cache/subtree.hpp"
#include "cache/trust.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"

#include <fmt/format.h>

namespace fs = std::filesystem;

namespace aic::cache {

std::string Holder::str() const {
    const auto name = owner.empty() ? who : fmt::format("{}/{}", owner, who);
    switch (kind) {
    case Kind::name:
        return fmt::format("the name '{}'", name);
    case Kind::earlier:
        return fmt::format("the history of '{}'", name);
    case Kind::pin:
        return owner.empty() ? "a pin" : fmt::format("a pin of {}", owner);
    case Kind::lease:
        return owner.empty() ? fmt::format("a lease of {}", who)
                             : fmt::format("a lease of {} of {}", who, owner);
    }
    return who;
}

std::string to_text(const std::vector<Holder>& holders) {
    std::string text;
    for (const auto& holder : holders)
        text += (text.empty() ? "" : ", ") + holder.str();
    return text;
}

void Holders::hold(const Layout& layout, const ImageKey& image, Holder holder) {
    // Another user's name for his own copy is no business of ours.
    std::error_code ignored;
    if (holder.owner.empty() || !fs::exists(layout.variant(image.id, image.variant), ignored))
        holders_[image].push_back(std::move(holder));
}

void Holders::add(const Layout& layout, const std::string& owner) {
    const Names names(layout);
    for (const auto& name : names.known()) {
        if (!names.find(name))
            continue;
        const auto history = names.history(name);
        auto kind = Holder::Kind::name;
        for (const auto* state : kept_by(history)) {
            hold(layout, {state->id, state->variant}, {kind, name.str(), owner});
            kind = Holder::Kind::earlier;
        }
    }
    for (const auto& pinned : Pins(layout).all())
        hold(layout, pinned, {Holder::Kind::pin, "", owner});
}

void Holders::add_leases(const Layout& layout, const Vantage& vantage, uid_t caller,
                         const std::string& owner, const std::vector<fs::path>& over) {
    // What the job reads is one user's file, whoever has copies of it.
    for (const auto& lease : Leases(layout).held(vantage, over))
        if (lease.image_owner == caller)
            holders_[lease.image].push_back({Holder::Kind::lease, lease.holder.str(), owner});
}

Holders Holders::read(const Layout& layout, const std::vector<fs::path>& over) {
    Holders all;
    const auto vantage = Vantage::current();
    all.add(layout, "");
    all.add_leases(layout, vantage, layout.owner(), "", over);
    for (const auto user : users_of(layout)) {
        if (user == layout.owner())
            continue;
        try {
            const Layout others(layout.root(), user);
            all.add_leases(others, vantage, layout.owner(), user_name(user));
            all.add(others, user_name(user));
        } catch (const Error& error) {
            // What others damaged or shut away holds nothing.
            debug("what the user {} holds: {}", user, error.message());
        }
    }
    return all;
}

std::vector<Holder> Holders::of(const ImageId& id, std::string_view variant) const {
    const auto found = holders_.find({id, std::string(variant)});
    return found == holders_.end() ? std::vector<Holder>() : found->second;
}

std::vector<std::string> Holders::names_of(const ImageId& id, std::string_view variant) const {
    std::vector<std::string> names;
    for (auto& holder : of(id, variant))
        if (holder.kind == Holder::Kind::name && holder.owner.empty())
            names.push_back(std::move(holder.who));
    return names;
}

} // namespace aic::cache
