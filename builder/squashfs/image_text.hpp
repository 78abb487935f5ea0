// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/squashfs/image_reader.hpp"

#include <string>

namespace aic::squashfs {

/// A text file of an image, which may be a stranger's; "" where there is none, or it is larger than
/// 1 MiB, which no such text is.
std::string text_in(ImageReader& image, const std::string& path,
                    ImageReader::Follow follow = ImageReader::Follow::yes);

} // namespace aic::squashfs
