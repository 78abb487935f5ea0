// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aic::cache {

/// How an image came into a store, which the reference it is recorded under tells: that of a pulled
/// one is a registry's or an archive's, those of others begin with words that no such reference
/// begins with.
enum class Origin {
    pulled,
    added, ///< a finished file, taken over as it was
    step,  ///< one step's layer, of which images are built
    built,
};

inline constexpr std::string_view k_added_scheme = "file:";
inline constexpr std::string_view k_step_scheme = "step:";
inline constexpr std::string_view k_build_scheme = "build:";

constexpr Origin origin_of(std::string_view reference) {
    if (reference.starts_with(k_added_scheme))
        return Origin::added;
    if (reference.starts_with(k_step_scheme))
        return Origin::step;
    return reference.starts_with(k_build_scheme) ? Origin::built : Origin::pulled;
}

} // namespace aic::cache
