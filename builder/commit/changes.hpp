// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/commit/base_tree.hpp"
#include "builder/layers/disk_entry.hpp"
#include "core/bytes.hpp"

#include <cstddef>
#include <filesystem>
#include <set>
#include <stop_token>
#include <string>

namespace aic::commit {

/// How files of the same size and time are told apart. `where_written`: those that were written
/// since the container was first started are compared byte for byte; `everywhere`: all are.
enum class Compare { where_written, everywhere };

struct CompareInput {
    BaseTree& base;
    const std::filesystem::path& root; ///< of the container
    Compare compare = Compare::where_written;
    std::set<std::string> own_accounts; ///< see merge_accounts()
    const layers::LeftOut& left_out;
};

struct Changes {
    std::size_t written = 0; ///< files, directories, … that are new or other than in the image
    std::size_t removed = 0;

    bool empty() const { return written + removed == 0; }
};

/// Writes what the container has otherwise than the image as the tar of a layer, names sorted as
/// bytes. What enroot itself puts there is left out: its start script and locks, the empty places
/// that it mounts on, and what it does to /etc/passwd and /etc/group. Owners are not compared and
/// become root's, since whoever unpacked the image owns all of it. The working directory is
/// another meanwhile, and the same again afterwards.
Changes write_changes(const CompareInput& input, Sink& sink, std::stop_token stop);

} // namespace aic::commit
