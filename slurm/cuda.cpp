// SPDX-License-Identifier: Apache-2.0
#include "slurm/cuda.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <string>
#include <utility>

namespace aic::slurm {

namespace {

/// From which driver on a CUDA is: CUDA Toolkit release notes, "Toolkit driver version".
constexpr std::array<std::pair<unsigned, DriverVersion>, 23> k_releases = {{
    {410, {10, 0}}, {418, {10, 1}}, {440, {10, 2}}, {450, {11, 0}}, {455, {11, 1}}, {460, {11, 2}},
    {465, {11, 3}}, {470, {11, 4}}, {495, {11, 5}}, {510, {11, 6}}, {515, {11, 7}}, {520, {11, 8}},
    {525, {12, 0}}, {530, {12, 1}}, {535, {12, 2}}, {545, {12, 3}}, {550, {12, 4}}, {555, {12, 5}},
    {560, {12, 6}}, {565, {12, 7}}, {570, {12, 8}}, {575, {12, 9}}, {580, {13, 0}},
}};

bool holds(std::string_view part, const DriverVersion& driver) {
    const auto mark = part.find_first_of("<>=!");
    if (mark == std::string_view::npos)
        return true;
    const auto name = part.substr(0, mark);
    if (name != "cuda" && name != "driver")
        return true;
    const auto end = part.find_first_not_of("<>=!", mark);
    const auto version =
        end == std::string_view::npos ? std::nullopt : parse_version(part.substr(end));
    if (!version)
        return true;
    const auto relation = part.substr(mark, end - mark);
    const auto& ours = name == "cuda" ? cuda_of(driver) : driver;
    if (relation == ">=")
        return ours >= *version;
    if (relation == "<=")
        return ours <= *version;
    if (relation == "<")
        return ours < *version;
    return relation == ">" ? ours > *version : true;
}

bool all_hold(const std::string& word, const DriverVersion& driver) {
    std::istringstream parts(word);
    for (std::string part; std::getline(parts, part, ',');)
        if (!holds(part, driver))
            return false;
    return true;
}

} // namespace

std::optional<DriverVersion> parse_version(std::string_view text) {
    DriverVersion version;
    const auto* end = text.data() + text.size();
    auto [rest, fault] = std::from_chars(text.data(), end, version.major);
    if (fault != std::errc())
        return std::nullopt;
    if (rest != end && *rest == '.')
        std::from_chars(rest + 1, end, version.minor);
    return version;
}

std::optional<DriverVersion> driver_in(std::string_view text) {
    std::istringstream words{std::string(text.substr(0, text.find('\n')))};
    for (std::string word; words >> word;)
        if (word.find('.') != std::string::npos)
            if (const auto version = parse_version(word))
                return version;
    return std::nullopt;
}

DriverVersion cuda_of(const DriverVersion& driver) {
    DriverVersion cuda;
    for (const auto& [since, release] : k_releases)
        if (driver.major >= since)
            cuda = release;
    return cuda;
}

bool driver_may_do(std::string_view requirement, const DriverVersion& driver) {
    std::istringstream words{std::string(requirement)};
    bool is_said = false;
    for (std::string word; words >> word; is_said = true)
        if (all_hold(word, driver))
            return true;
    return !is_said;
}

} // namespace aic::slurm
