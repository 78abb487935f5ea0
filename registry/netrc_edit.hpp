// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/netrc.hpp"

#include <string>
#include <string_view>

namespace aic::registry {

/// The text with this entry, in place of one for the same machine and login. It comes before other
/// entries for that machine and before a `default`, else in front, so that it is the one that is
/// found. All else stays byte for byte. Throws Error(integrity) when the text is so malformed that
/// the entry would not be found.
Secret with_entry(std::string_view text, const NetrcEntry& entry);

/// The text without the entries for a machine; with a `login`, without that one's only.
Secret without_entries(std::string_view text, std::string_view machine, std::string_view login);

/// Throws Error(usage) when enroot would read the word as something else: a shell expression, a
/// comment, several words. `what` is "the password".
void check_netrc_word(std::string_view word, std::string_view what);

} // namespace aic::registry
