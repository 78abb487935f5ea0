// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/claim.hpp"
#include "core/config.hpp"
#include "core/progress.hpp"
#include "oci/platform.hpp"

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace aic::builder {

/// What names the work of making a variant of what a reference leads to, for all or for one user.
std::string claim_key(std::string_view reference, const oci::Platform& platform,
                      std::string_view variant, std::optional<uid_t> only_user = std::nullopt);
/// "1234.0" in a step of a Slurm job, "1234" in a job, "" elsewhere.
std::string slurm_job(const Environment& environment);

/// "alice on gpu03 is pulling this", for one who works elsewhere.
std::string holder_text(const cache::ClaimNote& holder, const cache::ClaimNote& own);
/// "41 %, 2 min left"; "" before anything can be said.
std::string work_text(const cache::WorkDone& work);

/// Waits until nobody else makes the image, and holds the claim to make it. Nothing when the image
/// is there then (`is_there` is asked whenever another's work has ended), or where no claim can be
/// made: work is done without. `progress` may be null; it shows who works and how far, and others
/// are told of ours from it.
std::unique_ptr<cache::Claim> wait_for_turn(cache::Claimant& claimant, Progress* progress,
                                            const std::function<bool()>& is_there,
                                            std::stop_token stop);

} // namespace aic::builder
