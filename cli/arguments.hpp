// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace aic::cli {

/// One option or positional of a verb. A handle: copies mean the same one. What it is told chains.
class Argument {
public:
    Argument() = default;

    explicit Argument(CLI::Option* option) : option_(option) {}

    /// What help calls its value.
    const Argument& type_name(const std::string& name) const;
    const Argument& required() const;
    /// Not in help, completions and man pages.
    const Argument& hidden() const;
    /// One value each time, and it may be said again.
    const Argument& repeated() const;
    /// Any number of values after it, and at least one.
    const Argument& takes_many() const;
    const Argument& one_of(std::initializer_list<const char*> words) const;
    const Argument& in_range(unsigned least, unsigned most) const;
    /// "" is refused, as it comes of a shell's variable that is not set.
    const Argument& not_empty() const;
    const Argument& excludes(const Argument& other) const;
    const Argument& needs(const Argument& other) const;

    /// What was given on the command line, in the order given.
    const std::vector<std::string>& results() const;

    auto operator<=>(const Argument&) const = default;

private:
    CLI::Option* option_ = nullptr;
};

/// What one verb takes: it fills the verb's variables when the line is parsed. The library that
/// parses is heavy to compile, so that verbs see this in its place.
class Arguments {
public:
    explicit Arguments(CLI::App& app) : app_(&app) {}

    void description(const std::string& sentence) const;
    void footer(const std::string& text) const;
    /// Not in help, completions and man pages.
    void hidden() const;

    Argument add_option(const std::string& names, std::string& value,
                        const std::string& help) const;
    Argument add_option(const std::string& names, std::optional<std::string>& value,
                        const std::string& help) const;
    Argument add_option(const std::string& names, std::vector<std::string>& values,
                        const std::string& help) const;
    Argument add_option(const std::string& names, unsigned& value, const std::string& help) const;
    Argument add_option(const std::string& names, std::optional<unsigned>& value,
                        const std::string& help) const;
    Argument add_option(const std::string& names, std::size_t& value,
                        const std::string& help) const;
    Argument add_option(const std::string& names, std::optional<std::uint64_t>& value,
                        const std::string& help) const;
    Argument add_flag(const std::string& names, bool& value, const std::string& help) const;
    /// A flag that may have a value after "=".
    Argument add_flag(const std::string& names, std::string& value, const std::string& help) const;

    /// Those that the line had, each as often as it was there, in its order.
    std::vector<Argument> in_order() const;

private:
    CLI::App* app_;
};

} // namespace aic::cli
