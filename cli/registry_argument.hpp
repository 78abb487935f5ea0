// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aic::cli {

/// A registry as people name it, in its canonical form.
struct RegistryArgument {
    std::string registry; ///< "host[:port]"
    std::string user;     ///< of "user@host", or ""
};

/// From "nvcr.io", "me@nvcr.io", "https://index.docker.io/v1/"; of "" Docker Hub. Throws
/// Error(usage).
RegistryArgument parse_registry_argument(std::string_view text);

} // namespace aic::cli
