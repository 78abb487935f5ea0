// SPDX-License-Identifier: Apache-2.0
#include "core/file_system.hpp"
#include "slurm/enroot_settings.hpp"
#include "slurm/plugstack.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// What a machine's administrator wrote, and the kernel's list of mounts.
AIC_FUZZ_TEXT(text) {
    using namespace aic;
    const auto mounts = parse_mounts(text);
    const auto* mount = mount_above(mounts, "/data/aic-image");
    if (mount)
        mount->value_of("vers");
    const auto stack = slurm::parse_plugstack(text, "/etc/slurm/plugstack.conf");
    if (const auto pyxis = slurm::find_pyxis(stack.plugins))
        pyxis->argument("importer");
    for (const auto& [name, value] : slurm::parse_enroot_settings(text))
        fuzz::require(name.starts_with("ENROOT_") && value.find('\n') == std::string::npos);
}
