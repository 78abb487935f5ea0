// SPDX-License-Identifier: Apache-2.0
#include "oci/reference_grammar.hpp"

#include "core/error.hpp"
#include "oci/printable.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace aic::oci {

namespace {

constexpr std::size_t k_max_tag = 128;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_alphanumeric(char c) {
    return is_digit(c) || is_lower(c) || is_upper(c);
}

std::string misplaced(std::string_view character, std::string_view where) {
    return fmt::format("'{}' does not belong in {}", printable(character.substr(0, 1)), where);
}

/// How many of the component's first characters are one separator: ".", "_", "__" or dashes.
std::size_t separator_length(std::string_view rest) {
    if (rest.starts_with('-'))
        return std::min(rest.find_first_not_of('-'), rest.size());
    if (rest.starts_with("__"))
        return 2;
    return rest.starts_with('.') || rest.starts_with('_') ? 1 : 0;
}

} // namespace

void ReferenceGrammar::fail(std::string_view at, std::string_view reason) const {
    const auto offset = static_cast<std::size_t>(at.data() - whole_.data());
    const auto shown = printable(whole_, whole_.size());
    const auto column = printable(whole_.substr(0, offset), whole_.size()).size();
    throw Error(ErrorKind::usage, "parsing reference '{}': {}\n  {}\n  {:>{}}", shown, reason,
                shown, '^', column + 1);
}

void ReferenceGrammar::check_no_control_characters() const {
    for (std::size_t i = 0; i < whole_.size(); ++i)
        if (static_cast<unsigned char>(whole_[i]) < ' ' || whole_[i] == '\x7f')
            fail(whole_.substr(i), "a control character");
}

void ReferenceGrammar::check_registry(std::string_view registry) const {
    const auto bracket = registry.starts_with('[') ? registry.find(']') : std::string_view::npos;
    if (registry.starts_with('[') && bracket == std::string_view::npos)
        fail(registry, "this bracket is not closed");
    const auto host_end = bracket == std::string_view::npos ? registry.find(':') : bracket + 1;
    check_host(registry.substr(0, host_end));
    if (host_end >= registry.size())
        return;
    const auto rest = registry.substr(host_end);
    if (!rest.starts_with(':'))
        fail(rest, misplaced(rest, "a registry's name"));
    check_port(rest.substr(1));
}

void ReferenceGrammar::check_host(std::string_view host) const {
    if (host.starts_with('[')) {
        in6_addr ignored;
        const std::string address(host.substr(1, host.size() - 2));
        if (::inet_pton(AF_INET6, address.c_str(), &ignored) != 1)
            fail(host.substr(1), "not an IPv6 address");
        return;
    }
    if (host.empty() || host.size() > 253)
        fail(host, host.empty() ? "the registry has no name" : "a host name this long cannot be");
    char before = '.';
    for (std::size_t i = 0; i < host.size(); ++i) {
        const char c = host[i];
        if (c == '@')
            fail(host.substr(i), "a user is named as in USER@REGISTRY#IMAGE");
        if (!is_alphanumeric(c) && c != '.' && c != '-')
            fail(host.substr(i), misplaced(host.substr(i), "a registry's name"));
        const bool joins_nothing = !is_alphanumeric(c) && (before == '.' || i + 1 == host.size());
        if (joins_nothing || (c == '.' && before == '-'))
            fail(host.substr(i), fmt::format("'{}' must stand between letters or digits", c));
        before = c;
    }
}

void ReferenceGrammar::check_port(std::string_view port) const {
    unsigned value = 0;
    for (std::size_t i = 0; i < port.size(); ++i) {
        if (!is_digit(port[i]))
            fail(port.substr(i), "a port is a number");
        value = std::min(value * 10 + static_cast<unsigned>(port[i] - '0'), 65536U);
    }
    if (value == 0 || value > 65535)
        fail(port, "a port is a number from 1 to 65535");
}

void ReferenceGrammar::check_user(std::string_view user) const {
    constexpr std::string_view k_punctuation = "_.!~*'()%;&=+$,-"; // enroot's, but for the colon
    for (std::size_t i = 0; i < user.size(); ++i)
        if (!is_alphanumeric(user[i]) && k_punctuation.find(user[i]) == std::string_view::npos)
            fail(user.substr(i), misplaced(user.substr(i), "a user's name"));
    if (user.empty())
        fail(user, "a user's name is missing here");
}

void ReferenceGrammar::check_repository(std::string_view repository, std::size_t max_size) const {
    if (repository.size() > max_size)
        fail(repository.substr(max_size),
             fmt::format("a repository here has at most {} characters", max_size));
    for (auto rest = repository;;) {
        const auto slash = rest.find('/');
        check_component(rest.substr(0, slash));
        if (slash == std::string_view::npos)
            return;
        rest.remove_prefix(slash + 1);
    }
}

void ReferenceGrammar::check_component(std::string_view component) const {
    if (component.empty())
        fail(component, "a part of the repository's name is missing here");
    bool after_separator = true;
    for (std::size_t i = 0; i < component.size();) {
        const auto rest = component.substr(i);
        const char c = rest.front();
        if (is_upper(c))
            fail(rest, "a repository is lower case");
        const auto separator = separator_length(rest);
        if (separator == 0 && !is_lower(c) && !is_digit(c))
            fail(rest, misplaced(rest, "a repository's name"));
        if (separator > 0 && (after_separator || separator == rest.size()))
            fail(rest, fmt::format("'{}' must stand between letters or digits", c));
        after_separator = separator > 0;
        i += std::max<std::size_t>(separator, 1);
    }
}

void ReferenceGrammar::check_tag(std::string_view tag) const {
    if (tag.empty())
        fail(tag, "a tag is missing here");
    if (tag.size() > k_max_tag)
        fail(tag.substr(k_max_tag), "a tag has at most 128 characters");
    for (std::size_t i = 0; i < tag.size(); ++i) {
        const char c = tag[i];
        if (c == '*')
            fail(tag.substr(i), "no pattern is taken here, nor before a digest");
        if (is_alphanumeric(c) || c == '_' || (i > 0 && (c == '.' || c == '-')))
            continue;
        fail(tag.substr(i), i > 0 || (c != '.' && c != '-')
                                ? misplaced(tag.substr(i), "a tag")
                                : fmt::format("a tag does not begin with '{}'", c));
    }
}

Digest ReferenceGrammar::parse_digest(std::string_view digest) const {
    constexpr std::string_view k_prefix = "sha256:";
    if (!digest.starts_with(k_prefix))
        fail(digest, "a digest has the form sha256:<64 lower-case hex digits>");
    const auto hex = digest.substr(k_prefix.size());
    const auto wrong = std::min(hex.find_first_not_of("0123456789abcdef"), hex.size());
    if (wrong < std::min<std::size_t>(hex.size(), 64))
        fail(hex.substr(wrong), misplaced(hex.substr(wrong), "a digest"));
    if (hex.size() != 64)
        fail(hex.substr(std::min<std::size_t>(hex.size(), 64)),
             fmt::format("a digest has 64 hex digits, this one has {}", hex.size()));
    return Digest::parse(digest);
}

} // namespace aic::oci
