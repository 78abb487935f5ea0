// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>

namespace aic::cli {

const Argument& Argument::type_name(const std::string& name) const {
    option_->type_name(name);
    return *this;
}

const Argument& Argument::required() const {
    option_->required();
    return *this;
}

const Argument& Argument::hidden() const {
    option_->group("");
    return *this;
}

const Argument& Argument::repeated() const {
    option_->expected(1)->take_all();
    return *this;
}

const Argument& Argument::takes_many() const {
    option_->expected(1, -1)->allow_extra_args(true);
    return *this;
}

const Argument& Argument::one_of(std::initializer_list<const char*> words) const {
    option_->check(
        CLI::IsMember(std::vector<std::string>(words.begin(), words.end())).description(""));
    return *this;
}

const Argument& Argument::in_range(unsigned least, unsigned most) const {
    option_->check(CLI::Range(least, most).description(""));
    return *this;
}

const Argument& Argument::not_empty() const {
    option_->check([](const std::string& text) {
        return text.empty() ? std::string("its value is empty") : std::string();
    });
    return *this;
}

const Argument& Argument::excludes(const Argument& other) const {
    option_->excludes(other.option_);
    return *this;
}

const Argument& Argument::needs(const Argument& other) const {
    option_->needs(other.option_);
    return *this;
}

const std::vector<std::string>& Argument::results() const {
    return option_->results();
}

void Arguments::description(const std::string& sentence) const {
    app_->description(sentence);
}

void Arguments::footer(const std::string& text) const {
    app_->footer(text);
}

void Arguments::hidden() const {
    app_->group("");
}

Argument Arguments::add_option(const std::string& names, std::string& value,
                               const std::string& help) const {
    return Argument(app_->add_option(names, value, help));
}

Argument Arguments::add_option(const std::string& names, std::optional<std::string>& value,
                               const std::string& help) const {
    return Argument(app_->add_option(names, value, help));
}

Argument Arguments::add_option(const std::string& names, std::vector<std::string>& values,
                               const std::string& help) const {
    auto* option = app_->add_option(names, values, help);
    if (names.starts_with('-')) // each takes one word, and none of those that follow
        option->allow_extra_args(false);
    return Argument(option);
}

Argument Arguments::add_option(const std::string& names, unsigned& value,
                               const std::string& help) const {
    return Argument(app_->add_option(names, value, help));
}

Argument Arguments::add_option(const std::string& names, std::optional<unsigned>& value,
                               const std::string& help) const {
    return Argument(app_->add_option(names, value, help));
}

Argument Arguments::add_option(const std::string& names, std::size_t& value,
                               const std::string& help) const {
    return Argument(app_->add_option(names, value, help));
}

Argument Arguments::add_option(const std::string& names, std::optional<std::uint64_t>& value,
                               const std::string& help) const {
    return Argument(app_->add_option(names, value, help));
}

Argument Arguments::add_flag(const std::string& names, bool& value, const std::string& help) const {
    return Argument(app_->add_flag(names, value, help));
}

Argument Arguments::add_flag(const std::string& names, std::string& value,
                             const std::string& help) const {
    return Argument(app_->add_flag(names, value, help));
}

std::vector<Argument> Arguments::in_order() const {
    std::vector<Argument> arguments;
    for (auto* option : app_->parse_order())
        arguments.emplace_back(option);
    return arguments;
}

} // namespace aic::cli
