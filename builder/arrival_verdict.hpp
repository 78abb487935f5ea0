// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/crew.hpp"
#include "registry/blob_arrival.hpp"

#include <stop_token>

namespace aic::builder {

/// When what came of a blob in `round` made no sense: whether that is because it was not the blob,
/// and comes once more. If nobody knows yet, waits until all of it has come, with the crew's other
/// work. Throws what ended the download, if something did.
bool has_begun_anew(registry::BlobArrival& arrival, unsigned round, Crew& crew,
                    std::stop_token stop);

} // namespace aic::builder
