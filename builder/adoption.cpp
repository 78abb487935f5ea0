// SPDX-License-Identifier: Apache-2.0
#include "builder/adoption.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"

#include <set>

namespace aic::builder {

namespace {

using cache::ImageKey;
using cache::ImageName;
using cache::NameState;

std::set<ImageKey> keys_of(const std::vector<ImageCopy>& images) {
    std::set<ImageKey> keys;
    for (const auto& copy : images)
        keys.insert({copy.image.record.id, copy.image.record.variant});
    return keys;
}

/// The same name, or one with its owner in front, whichever does not stand for another image.
std::optional<ImageName> free_name(const cache::Names& names, const NameState& state,
                                   const std::string& user) {
    for (const auto& text : {state.name.str(), user + "-" + state.name.str()}) {
        try {
            const auto name = ImageName::parse(text);
            const auto present = names.find(name);
            if (!present || present->is_same_image(state))
                return name;
        } catch (const Error& error) { // a user's name may have letters that names have not
            debug("'{}' is no name: {}", text, error.message());
        }
    }
    return std::nullopt;
}

std::vector<AdoptedName> adopt_names(const cache::Store& store, const cache::Store& theirs,
                                     const std::vector<ImageCopy>& images) {
    const auto adopted = keys_of(images);
    const auto user = user_name(theirs.layout().owner());
    const cache::Names names(store.layout());
    std::vector<AdoptedName> all;
    for (const auto& state : cache::Names(theirs.layout()).all()) {
        if (!adopted.contains({state.id, state.variant}))
            continue;
        const auto name = free_name(names, state, user);
        all.push_back({state.name, name});
        if (name)
            names.set(
                *name,
                {state.id, state.variant, fmt::format("adopt from {}", user), state.reference},
                std::nullopt, cache::Replace::no);
    }
    return all;
}

} // namespace

Adoption adopt(cache::Store& store, uid_t from, const std::function<void(const ImageCopy&)>& copied,
               std::stop_token stop) {
    const auto theirs = store.of(from);
    Adoption adoption;
    for (const auto& image : theirs.list()) {
        try {
            adoption.images.push_back(copy_image(image, store, Vouching::caller,
                                                 cache::visibility_of(image.directory), stop));
            copied(adoption.images.back());
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::no_space)
                throw;
            ++adoption.failed;
            warn("{}", error.message());
        }
    }
    copy_references(theirs, store, adoption.images);
    adoption.names = adopt_names(store, theirs, adoption.images);
    return adoption;
}

} // namespace aic::builder
