// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aic::cache {

/// The text of a JSON object of ours, ending in a field "xxh128": the hash of all text before that
/// field's comma (docs/formats/record.md). So every flipped bit is found, even one in a date.
/// `object` has at least one field and no such.
std::string sealed(std::string_view object);

/// Throws Error(integrity) unless the text is as sealed() made it.
void require_seal(std::string_view text);

} // namespace aic::cache
