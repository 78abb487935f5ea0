// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/image_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aic::foreign {

/// The variables of an /etc/environment as enroot reads it: "KEY=VALUE" a line, one pair of quotes
/// around the value taken off. Lines that are no variable, or no UTF-8, are left out.
std::vector<std::string> parse_environment(std::string_view text);

/// Those of the image's /etc/environment; none where it has none, or one that is too large to be
/// meant.
std::vector<std::string> environment_of(squashfs::ImageReader& image);

} // namespace aic::foreign
