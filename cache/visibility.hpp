// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace aic::cache {

/// Who may open an image in a store of several users.
enum class Visibility {
    everyone, ///< who gets as far as the store
    owner,    ///< a private image, such as one that not everybody may pull
};

/// Gives an image's directory and the files in it their modes. When the image becomes private the
/// directory is shut first.
void set_modes(const std::filesystem::path& image_directory, Visibility visibility);

/// As the record's mode says; of what is not there, or cannot be seen, everyone.
Visibility visibility_of(const std::filesystem::path& image_directory);

/// Notes that an image is private, before it is put in its place: the catalogue, which everybody
/// reads, leaves it out.
void note_private(const Layout& layout, const ImageId& id, std::string_view variant);

/// Opens an image to everyone, or shuts it again; false when it was so already. Who has it open or
/// has a copy keeps that. The catalogue learns of it.
bool set_visibility(const Layout& layout, const ImageId& id, std::string_view variant,
                    Visibility visibility);

/// The images that are noted as private. Some of them may be gone.
std::vector<ImageKey> private_images(const Layout& layout);

} // namespace aic::cache
