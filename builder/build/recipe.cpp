// SPDX-License-Identifier: Apache-2.0
#include "builder/build/recipe.hpp"

#include <fmt/format.h>

namespace aic::build {

Step apt_step(const std::string& packages) {
    return {.label = "apt " + packages,
            .script = fmt::format("#!/bin/sh\nset -e\napt-get update -q\n"
                                  "apt-get install -q -y --no-install-recommends {}\n"
                                  "rm -rf /var/lib/apt/lists/*\n",
                                  packages),
            .workspace = Workspace::hidden};
}

Step pip_step(const std::string& packages) {
    return {.label = "pip " + packages,
            .script = fmt::format("#!/bin/sh\nset -e\npython3 -m pip install {}\n", packages),
            .workspace = Workspace::read_only};
}

} // namespace aic::build
