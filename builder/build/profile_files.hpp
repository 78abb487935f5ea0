// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/recipe.hpp"
#include "builder/profile.hpp"
#include "cache/store.hpp"
#include "oci/image_config.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aic::build {

/// What an image that is built says of itself in the files of enroot's.
struct ProfileInput {
    const cache::StoredImage& base;
    const Recipe& recipe;
    const oci::ImageConfig& config; ///< of the image
    std::string provenance;         ///< see builder::enroot_files()
    std::set<std::string> written;  ///< by the steps, which are right
    std::set<std::string> below;    ///< by steps that the base was built with
};

/// The files that are written anew. What a step or the maker of a foreign base wrote stays, unless
/// the recipe says otherwise: then its variables are added to what is there.
std::vector<builder::GeneratedFile> profile_files(const ProfileInput& input);

/// An /etc/environment with further variables, each once: what is said later counts.
std::string with_lines(std::string_view environment, const std::vector<std::string>& variables);

/// An /etc/rc that says where it is from now; the rest stays.
std::string with_provenance(std::string_view rc, std::string_view provenance);

} // namespace aic::build
