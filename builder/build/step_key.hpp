// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/inputs.hpp"
#include "builder/build/recipe.hpp"
#include "core/digest.hpp"
#include "oci/platform.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::build {

/// What a step's result is known by: everything that it depends on. Equal keys, equal results, as
/// far as scripts give the same twice.
using StepKey = Sha256<struct StepKeyTag>;

/// Of the image itself, under which the first step runs.
StepKey base_key(const ImageId& id, std::string_view variant);
/// Of a step over what `below` stands for. `inputs` is what it sees of the project directory, or
/// what is added.
StepKey step_key(const StepKey& below, const Step& step, const std::vector<std::string>& env,
                 const std::optional<InputDigest>& inputs);
/// Of the whole image, whose last step has the key `last`.
StepKey image_key(const StepKey& last, const Recipe& recipe);

/// What a step's layer, and what an image that was built, are recorded under, in the place of the
/// reference that an image is pulled from. None that Reference::parse() takes looks like them.
std::string step_reference(const StepKey& key);
std::string build_reference(const StepKey& key);

} // namespace aic::build
