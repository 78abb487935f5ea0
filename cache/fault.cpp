// SPDX-License-Identifier: Apache-2.0
#include "cache/fault.hpp"

#include <nlohmann/json.hpp>

namespace aic::cache {

std::string_view name_of(FaultKind kind) {
    switch (kind) {
    case FaultKind::image:
        return "image";
    case FaultKind::reference:
        return "ref";
    case FaultKind::name:
        return "name";
    case FaultKind::pin:
        return "pin";
    case FaultKind::catalogue:
        break;
    }
    return "catalogue";
}

bool is_of_newer_version(std::string_view text) {
    const auto value = nlohmann::json::parse(text, nullptr, false);
    if (!value.is_object())
        return false;
    const auto version = value.value("version", nlohmann::json());
    return version.is_number_unsigned() && version.get<std::uint64_t>() > 1;
}

} // namespace aic::cache
