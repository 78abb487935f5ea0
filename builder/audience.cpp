// SPDX-License-Identifier: Apache-2.0
#include "builder/audience.hpp"

#include "core/log.hpp"

namespace aic::builder {

cache::Visibility audience_of(const cache::Store& store, registry::ImageSource& source,
                              const registry::ResolvedImage& image, std::stop_token stop) {
    const bool is_everybodys =
        store.description().preset == cache::Preset::personal || source.is_public(image, stop);
    return is_everybodys ? cache::Visibility::everyone : cache::Visibility::owner;
}

void set_audience(const cache::Layout& layout, const std::filesystem::path& staged,
                  const ImageId& id, std::string_view variant, cache::Visibility audience,
                  Told told) {
    cache::set_modes(staged, audience);
    if (audience == cache::Visibility::everyone)
        return;
    cache::note_private(layout, id, variant);
    if (told == Told::no)
        return;
    inform("the image is private: no registry gives it to everybody; 'aic-image share {}' opens it "
           "to all who use the store",
           id.short_hex());
}

} // namespace aic::builder
