// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace aic::slurm {

/// `scontrol show config`.
std::optional<std::string> show_configuration(std::stop_token stop);

/// The value of a line "key = value" of it: its first word. Nothing where Slurm says "(null)".
std::optional<std::string> setting_in(std::string_view configuration, std::string_view key);

} // namespace aic::slurm
