// SPDX-License-Identifier: Apache-2.0
#include "oci/printable.hpp"

#include <fmt/format.h>

namespace aic::oci {

std::string printable(std::string_view text, std::size_t limit) {
    std::string shown;
    for (const char c : text.substr(0, limit)) {
        if (c >= ' ' && c <= '~')
            shown += c;
        else
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    if (text.size() > limit)
        shown += "...";
    return shown;
}

} // namespace aic::oci
