// SPDX-License-Identifier: Apache-2.0
#include "builder/commit/accounts.hpp"
#include "builder/foreign/environment.hpp"
#include "oci/history.hpp"
#include "slurm/enroot_settings.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// Text files in images and containers that strangers made, and what an image says of its history.
AIC_FUZZ_TEXT(text) {
    const auto half = text.size() / 2;
    aic::commit::merge_accounts(text.substr(0, half), text.substr(half), {"root"});
    aic::slurm::expand_setting(text, aic::environment_variable);
    aic::slurm::parse_enroot_settings(text);
    aic::foreign::parse_environment(text);
    aic::oci::parse_history(text);
}
