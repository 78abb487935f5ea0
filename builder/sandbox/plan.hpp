// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::sandbox {

/// A file or directory of the machine as it is to be seen inside.
struct Bind {
    std::string source;
    std::string target; ///< absolute, inside
    bool is_writable = false;
    bool is_optional = false; ///< not where the images have no directory for it
};

/// A text file that is to be seen inside, above what the images have. What a step makes of it goes
/// into its layer.
struct TextFile {
    std::string path; ///< relative to the root
    std::string text;
};

/// Who somebody is on the machine.
struct Ids {
    unsigned uid = 0;
    unsigned gid = 0;
};

/// `step`: a script whose changes are wanted. `program`: one that has the caller's standard
/// descriptors, and whose changes of the root are thrown away.
enum class Purpose { step, program };

/// What is run inside and what it sees: everything that the process needs to know which sets the
/// sandbox up.
struct Plan {
    std::vector<std::string> images; ///< squashfs files, the lowest first; at least one
    std::string scratch;             ///< an empty directory of the caller's, on a local file system
    std::vector<TextFile> files;
    std::vector<Bind> binds;
    std::string script_name;              ///< what the script is called inside
    std::string script;                   ///< its bytes
    std::vector<std::string> arguments;   ///< of a program: itself and its arguments
    std::vector<std::string> environment; ///< "NAME=value", all of it
    std::string working_directory;        ///< inside; made where it is missing
    std::string host_name;
    bool has_shell = false; ///< for the user, when the script fails
    Purpose purpose = Purpose::step;
    bool has_terminal = false;  ///< the program; else it has what the caller has
    bool is_read_only = false;  ///< the root, but for what is mounted in it
    bool keeps_changes = false; ///< a program's too are a layer, however it ends
    std::optional<Ids> ids{};   ///< whom the program runs as, who is the caller; else as root
};

std::string to_json(const Plan& plan);
/// Throws Error(integrity): the other side is another release.
Plan parse_plan(std::string_view json);

} // namespace aic::sandbox
