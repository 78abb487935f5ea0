// SPDX-License-Identifier: Apache-2.0
#include "cli/taken_over.hpp"

#include "core/bytes.hpp"

#include <fmt/format.h>

namespace aic::cli {

std::string taken_over_lines(const builder::ImportResult& result) {
    const auto& taken = result.taken_over;
    std::string lines;
    if (taken.method)
        lines +=
            fmt::format("\n  {} of {} taken from {} ({})", human_size(taken.size_bytes),
                        human_size(result.record.size_bytes), taken.from, name_of(*taken.method));
    if (taken.enroot_layers > 0)
        lines += fmt::format("\n  {} layer{} of {} taken from enroot's cache", taken.enroot_layers,
                             taken.enroot_layers == 1 ? "" : "s", human_size(taken.enroot_bytes));
    return lines;
}

void add_taken_over(nlohmann::json& image, const builder::TakenOver& taken) {
    image["taken_over"] = nullptr;
    if (taken.method)
        image["taken_over"] = {{"size_bytes", taken.size_bytes},
                               {"from", taken.from},
                               {"method", name_of(*taken.method)}};
    image["enroot_layers"] = taken.enroot_layers;
    image["enroot_bytes"] = taken.enroot_bytes;
}

} // namespace aic::cli
