// SPDX-License-Identifier: Apache-2.0
#include "cache/lease.hpp"
#include "cache/seal.hpp"
#include "slurm/configuration.hpp"
#include "slurm/importer_uri.hpp"
#include "slurm/live_jobs.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// What a job hands over: its lease, pyxis' URI, and what Slurm's commands say.
AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] { cache::parse_lease(text); });
    fuzz::allow_error([&] { // or nothing would come past the seal
        const auto lease = cache::parse_lease(cache::sealed(text));
        cache::is_over(lease, {0, "host", "boot"});
        const auto json = cache::to_json(lease);
        fuzz::require(cache::to_json(cache::parse_lease(json)) == json);
    });
    fuzz::allow_error([&] { slurm::parse_importer_uri(text); });
    slurm::setting_in(text, "ClusterName");
    slurm::unfinished_in(text);
}
