// SPDX-License-Identifier: Apache-2.0
#include "cli/rest_words.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace aic::cli {

namespace {

/// The option that stands at the front of the word, short or long; null for none of ours.
const CLI::Option* option_of(const std::string& name, std::span<const CLI::App* const> apps) {
    for (const auto* app : apps)
        if (const auto* option = app->get_option_no_throw(name))
            return option;
    return nullptr;
}

bool takes_value(const CLI::Option* option) {
    return option && option->get_items_expected_max() > 0;
}

/// Whether the next word is this one's value: "--name VALUE", "-n VALUE", and "-qn VALUE".
bool waits_for_value(const std::string& word, std::span<const CLI::App* const> apps) {
    if (word.starts_with("--"))
        return word.find('=') == std::string::npos && takes_value(option_of(word, apps));
    for (std::size_t i = 1; i < word.size(); ++i)
        if (takes_value(option_of(std::string("-") + word[i], apps)))
            return i + 1 == word.size(); // else the value follows at once
    return false;
}

} // namespace

std::size_t end_of_options(std::span<char* const> arguments, std::size_t start,
                           std::span<const CLI::App* const> apps) {
    for (std::size_t i = start; i < arguments.size(); ++i) {
        const std::string word = arguments[i];
        if (word.size() < 2 || word.front() != '-' || word == "--")
            return i;
        if (waits_for_value(word, apps))
            ++i;
    }
    return arguments.size();
}

} // namespace aic::cli
