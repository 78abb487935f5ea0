// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.hpp"
#include "slurm/srun_line.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cli {

/// Whether the first word of a line is an image, and not a program: it is a path to one, a
/// reference that says more than a bare name, "alice/exp" if there is such an image here, a name of
/// the caller's, or at least twelve digits of an id. A bare word is no reference: what others pull
/// must not change what it means.
bool is_image_word(Session& session, const std::string& word);

/// What is run without a command: bash where there is one.
const std::vector<std::string>& default_shell();

/// A line's words: an image and a command, or only a command in the directory's image.
struct RunLine {
    std::optional<std::string> image;
    std::vector<std::string> command;
};

/// "--" stands in front of the command; without it the first word is an image if it can be one.
RunLine split_line(Session& session, std::vector<std::string> words);

/// "SRC", "SRC:DST", "SRC:ro", "SRC:DST:ro". Both become absolute; a source that is said so need
/// not be on this machine. Throws Error(usage) or Error(not_found).
slurm::ContainerMount parse_mount(const std::string& text);

/// The program where PATH leads, if there is one.
std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const Environment& environment);

} // namespace aic::cli
