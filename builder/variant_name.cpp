// SPDX-License-Identifier: Apache-2.0
#include "builder/import.hpp"
#include "core/error.hpp"

namespace aic::builder {

namespace {

/// "128k", "1m"
std::string short_size(std::uint32_t bytes) {
    return bytes >= 1 << 20 ? fmt::format("{}m", bytes >> 20) : fmt::format("{}k", bytes >> 10);
}

} // namespace

std::string ImportOptions::variant() const {
    return variant_name(compression.str(), block_bytes, name_of(profile));
}

std::string variant_name(std::string_view compression, std::uint32_t block_bytes,
                         std::string_view profile) {
    auto name = fmt::format("{}-{}", compression, short_size(block_bytes));
    if (profile != name_of(Profile::enroot))
        name += fmt::format("-{}", profile);
    return name;
}

} // namespace aic::builder
