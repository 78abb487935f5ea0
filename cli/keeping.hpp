// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/claim.hpp"
#include "cache/names.hpp"
#include "cli/image_argument.hpp"
#include "cli/session.hpp"
#include "slurm/srun_line.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace aic::cli {

/// A run whose changes become the next image of a name. One at a time has the name.
class Keeping {
public:
    /// Throws Error(usage) unless the image was called by a name of the caller's.
    Keeping(Session& session, const ImageArgument& image);

    /// Throws Error(busy) saying who has the name. Where that cannot be told from here it waits
    /// until he shows a sign of life, or for half a minute without one.
    void require_unclaimed();
    /// The same, and has it until this object ends; the name stands for the run's image yet.
    void claim();

    const cache::ImageName& name() const { return name_; }

    /// The image that the name stands for, if it is still that of the run, becomes `next`. Throws
    /// Error(busy) when the name has moved on; nothing is merged.
    void advance(const cache::StoredImage& next) const;

private:
    Session& session_;
    cache::ImageName name_;
    cache::ImageKey from_; ///< that the run is of
    cache::Claimant claimant_;
    std::unique_ptr<cache::Claim> claim_;
};

/// How many bytes of changes the name's next image has, or that there are none.
void say_kept(Session& session, const cache::ImageName& name,
              std::optional<std::uint64_t> layer_bytes);

/// `advance` for a process that did not begin the run: the name has to stand for the image `from`.
/// Whether it did; else the user is told what became of `next`.
bool advance_name(Session& session, const cache::ImageName& name, const cache::StoredImage& from,
                  const cache::StoredImage& next, const std::string& how);

/// How `commit --if-still` ends where it is no failure of its own.
inline constexpr int k_moved_on = 20;     ///< there is an image, but not of that name
inline constexpr int k_no_container = 21; ///< nothing was ever run

/// Whether the user stopped the program, by Ctrl-C at a terminal that is its own: 130. Not of an
/// interactive shell, whose status says how the last of its commands ended.
bool is_cancelled(int status, const std::vector<std::string>& command);

/// Runs the step in a container of its own and commits that on its node; the step's exit status.
/// This process has to be in the job. Nothing is kept on a stop, and the container is removed; of
/// what is cancelled otherwise it is left where it is. Both are Error(interrupted).
int run_and_commit(Session& session, const Keeping& keeping, const cache::StoredImage& image,
                   slurm::ContainerStep step);

/// This process becomes a job of one node in which our own command line goes on: `words`, with
/// `option` behind the verb. `resources` as salloc takes them.
[[noreturn]] void become_allocation(Session& session, const std::string& verb,
                                    const std::string& option,
                                    const std::vector<std::string>& resources);

} // namespace aic::cli
