// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/claim.hpp"
#include "cache/names.hpp"
#include "cli/image_argument.hpp"
#include "cli/session.hpp"
#include "slurm/srun_line.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace aic::cli {

/// A run whose changes become the next image of a name. One at a time has the name.
class Keeping {
public:
    /// Throws Error(usage) unless the image was called by a name of the caller's.
    Keeping(Session& session, const ImageArgument& image);

    /// Throws Error(busy) saying who has the name.
    void require_unclaimed();
    /// The same, and has it until this object ends.
    void claim();

    const cache::ImageName& name() const { return name_; }

    /// The image that the name stands for, if it is still that of the run, becomes `next`. Throws
    /// Error(busy) when the name has moved on; nothing is merged.
    void advance(const cache::StoredImage& next) const;

private:
    Session& session_;
    cache::ImageName name_;
    cache::NameState state_;
    cache::Claimant claimant_;
    std::unique_ptr<cache::Claim> claim_;
};

/// `advance` for a process that did not begin the run: the name has to stand for the image `from`.
void advance_name(Session& session, const cache::ImageName& name, const cache::StoredImage& from,
                  const cache::StoredImage& next, const std::string& how);

/// Runs the step in a container of its own and commits that on its node; the step's exit status.
/// This process has to be in the job. Nothing is kept on a stop.
int run_and_commit(Session& session, const Keeping& keeping, const cache::StoredImage& image,
                   slurm::ContainerStep step);

/// This process becomes a job of one node in which our own command line goes on: `words`, with
/// `option` behind the verb. `resources` as salloc takes them.
[[noreturn]] void become_allocation(Session& session, const std::string& verb,
                                    const std::string& option,
                                    const std::vector<std::string>& resources);

} // namespace aic::cli
