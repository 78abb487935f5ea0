// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store.hpp"
#include "cache/visibility.hpp"
#include "registry/image_source.hpp"

#include <filesystem>
#include <stop_token>
#include <string_view>

namespace aic::builder {

/// Who may see an image of this source in this store. Where nobody else gets into the store it is
/// not asked; elsewhere what anybody may pull is everybody's, and the rest its puller's.
cache::Visibility audience_of(const cache::Store& store, registry::ImageSource& source,
                              const registry::ResolvedImage& image, std::stop_token stop);

/// Whether the user hears of a private image; of the layers that a build leaves he need not.
enum class Told { yes, no };

/// Gives a finished image directory its modes, before it is published. Of a private image it is
/// noted, and said.
void set_audience(const cache::Layout& layout, const std::filesystem::path& staged,
                  const ImageId& id, std::string_view variant, cache::Visibility audience,
                  Told told = Told::yes);

} // namespace aic::builder
