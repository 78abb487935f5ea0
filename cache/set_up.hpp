// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/store_description.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace aic::cache {

/// What a store is to become.
struct SetUp {
    Preset preset = Preset::personal;
    bool trusts_group = false;
    std::optional<gid_t> group; ///< of the directories that users share; else whichever they get
};

/// Makes a store: its root with missing parents, the directories that users share, and last
/// store.json. What is there already gets the modes and the group, whatever the umask. Only the
/// owner of the root can; throws Error(denied) to others, and where the file system does not keep
/// modes, groups or owners as they are set.
StoreDescription set_up(const Layout& layout, const SetUp& wanted);

/// What a store is where nobody set one up: the caller's own, made as it is first written to.
StoreDescription begin_personal(const Layout& layout);

/// A directory that users share, as it is.
struct SharedDirectory {
    std::filesystem::path path;
    mode_t mode = 0;        ///< permission bits, with set-group-id and sticky
    mode_t wanted_mode = 0; ///< what the preset says
    uid_t owner = 0;
    gid_t group = 0;
};

/// The root, u/, claims/ and catalogue/, those that are there.
std::vector<SharedDirectory> shared_directories(const Layout& layout, Preset preset);

} // namespace aic::cache
