// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aic::slurm {

/// A container of enroot's: a root file system that was unpacked from an image and may be changed.
struct Container {
    std::string name; ///< as enroot has it: "pyxis_exp"
    std::filesystem::path root;

    /// As users gave it to pyxis: "exp".
    std::string users_name() const;
};

/// Where enroot keeps containers: $ENROOT_DATA_PATH, else what enroot.conf says, else
/// $XDG_DATA_HOME/enroot or ~/.local/share/enroot.
std::filesystem::path container_directory(const Environment& environment);

/// All that are there, sorted by name.
std::vector<Container> list_containers(const std::filesystem::path& directory);

/// A container by enroot's name, the name that pyxis was given, or the path of its root. Throws
/// Error(not_found) that names what there is.
Container find_container(const std::string& word, const Environment& environment);

/// Whether a program of the caller's runs in it on this machine.
bool is_in_use(const Container& container);

/// Removes it with all that is in it, unless a program runs in it: Error(busy).
void remove_container(const Container& container);

/// When it was started last, Unix time: enroot writes its lock then. Nothing when it never was.
std::optional<std::int64_t> last_started(const Container& container);

/// Which image the container was made from, as the first line of its /etc/rc has it: a reference,
/// or "sha256:…" of an image of ours. Nothing when it does not say.
std::optional<std::string> provenance_of(const Container& container);

} // namespace aic::slurm
