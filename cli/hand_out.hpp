// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/library.hpp"
#include "core/config.hpp"
#include "slurm/job_environment.hpp"

#include <functional>
#include <optional>
#include <string>

namespace aic::cli {

/// Remembers that the caller was given the image's path. In a job a lease keeps it for him besides.
/// That the store of the image cannot be written is no failure: then it is not ours to look after.
void note_handed_out(const cache::Library& library, const cache::StoredImage& image,
                     slurm::LeaseFor whom, const Environment& environment);

/// Keeps the image for a job of the caller's that has been submitted and may start much later.
void hold_for_job(const cache::Library& library, const cache::StoredImage& image,
                  const std::string& job, const std::optional<std::string>& cluster);

/// The image, noted so and still there. One that is removed before it is held is looked for anew by
/// `find`; throws Error(busy) when that goes on.
cache::StoredImage hand_out(const cache::Library& library, cache::StoredImage image,
                            const std::function<cache::StoredImage()>& find, slurm::LeaseFor whom,
                            const Environment& environment);

} // namespace aic::cli
