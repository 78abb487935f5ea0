// SPDX-License-Identifier: Apache-2.0
#include "builder/build/recipe.hpp"

#include "core/shell_words.hpp"

#include <fmt/format.h>

namespace aic::build {

namespace {

/// Each word as it is, whatever it means to a shell: "numpy<2".
std::string quoted(const std::string& words) {
    std::string text;
    for (const auto& word : split_words(words))
        text += (text.empty() ? "" : " ") + shell_quote(word);
    return text;
}

} // namespace

Step apt_step(const std::string& packages) {
    return {.label = "apt " + packages,
            .script = fmt::format("#!/bin/sh\nset -e\napt-get update -q\n"
                                  "apt-get install -q -y --no-install-recommends {}\n"
                                  "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin\n",
                                  quoted(packages)),
            .workspace = Workspace::hidden};
}

Step pip_step(const std::string& packages) {
    return {.label = "pip " + packages,
            .script = fmt::format("#!/bin/sh\nset -e\n"
                                  // The image is all of the distribution's packages' and ours.
                                  "PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install {}\n",
                                  quoted(packages)),
            .workspace = Workspace::read_only};
}

Step add_step(const std::filesystem::path& source, const std::string& target) {
    const auto name = source.filename().native();
    const auto place = target.ends_with('/') ? target + name : target;
    const auto word = shell_quote(place);
    return {.label = fmt::format("add {} {}", name, place),
            .script = fmt::format("#!/bin/sh\nset -e\nmkdir -p -- \"$(dirname -- {0})\"\n"
                                  "cp -a -T -- {1} {0}\n",
                                  word, k_added_path),
            .workspace = Workspace::hidden,
            .added = source};
}

} // namespace aic::build
