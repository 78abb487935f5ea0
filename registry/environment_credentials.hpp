// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/credentials.hpp"

namespace aic::registry {

/// NGC_API_KEY, else NGC_CLI_API_KEY, for nvcr.io; AIC_IMAGE_USERNAME and AIC_IMAGE_PASSWORD for
/// whichever registry asks. Warns of two NGC keys that differ.
std::optional<Credentials> credentials_from_environment(const CredentialQuery& query,
                                                        const Environment& environment);

std::vector<CredentialEntry> environment_entries(const Environment& environment);

} // namespace aic::registry
