// SPDX-License-Identifier: Apache-2.0
#include "cache/numbered_files.hpp"

#include "core/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

/// Wide enough that names sort as numbers do, for people who look.
constexpr int k_digits = 8;

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view suffix) {
    if (!name.ends_with(suffix))
        return std::nullopt;
    name.remove_suffix(suffix.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size() || number == 0
        || number > k_highest_number)
        return std::nullopt;
    return number;
}

} // namespace

std::vector<std::uint64_t> NumberedFiles::numbers() const {
    std::vector<std::uint64_t> numbers;
    for (const auto& entry : entries_of(directory_))
        if (const auto number = number_of(entry.filename().native(), suffix_))
            numbers.push_back(*number);
    std::ranges::sort(numbers);
    return numbers;
}

std::uint64_t NumberedFiles::newest() const {
    const auto all = numbers();
    return all.empty() ? 0 : all.back();
}

fs::path NumberedFiles::path(std::uint64_t number) const {
    return directory_ / fmt::format("{:0{}}{}", number, k_digits, suffix_);
}

bool NumberedFiles::publish(const fs::path& finished, std::uint64_t number) const {
    return link_new(finished, path(number));
}

} // namespace aic::cache
