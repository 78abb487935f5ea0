// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.hpp"
#include "slurm/srun_line.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aic::cli {

/// Whether the word is a path to an image: it begins with "/", "./", "../" or "~/" and ends in
/// ".sqsh", or ends so and exists. Programs have paths too.
bool is_path_word(const std::string& word);

/// Whether the first word of a line is an image, and not a program: it is a path to one, stands for
/// one that is here, or is a reference that says more than a bare name.
bool is_image_word(Session& session, const std::string& word);

/// "SRC", "SRC:DST", "SRC:ro", "SRC:DST:ro". The source is there, the target absolute. Throws
/// Error(usage) or Error(not_found).
slurm::ContainerMount parse_mount(const std::string& text);

/// Words as a shell takes a line apart, with quotes and backslashes and nothing else. Throws
/// Error(usage) for a quote without end.
std::vector<std::string> split_words(std::string_view line);

/// Whether there is such a program where PATH leads.
bool is_there(const std::string& program, const Environment& environment);

} // namespace aic::cli
