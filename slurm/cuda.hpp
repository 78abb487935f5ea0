// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace aic::slurm {

/// "12.4", "550.54.15": what stands behind the second number does not matter here.
struct DriverVersion {
    unsigned major = 0;
    unsigned minor = 0;

    auto operator<=>(const DriverVersion&) const = default;
};

/// Nothing for what does not begin with a number.
std::optional<DriverVersion> parse_version(std::string_view text);

/// The driver's version in the text of /proc/driver/nvidia/version.
std::optional<DriverVersion> driver_in(std::string_view text);

/// The newest CUDA that a driver was made for, by NVIDIA's release notes; later ones of the same
/// major version mostly run too.
DriverVersion cuda_of(const DriverVersion& driver);

/// Whether the driver may do for an image by its NVIDIA_REQUIRE_CUDA, "cuda>=12.4
/// brand=tesla,driver>=470,driver<471": one of the words is enough, and all parts of it have to
/// hold. What is not known here (brand, arch) is taken to hold; so is what makes no sense.
bool driver_may_do(std::string_view requirement, const DriverVersion& driver);

} // namespace aic::slurm
