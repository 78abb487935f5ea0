// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"

#include <string>
#include <string_view>

namespace aic::oci {

/// The rules for the parts of a reference. Every part is a view into the whole text, so that an
/// error can show the text with a caret below the character that is wrong.
class ReferenceGrammar {
public:
    explicit ReferenceGrammar(std::string_view whole) : whole_(whole) {}

    /// Throws Error(usage) with the caret below the first character of `at`, which is a view into
    /// the text (perhaps an empty one).
    [[noreturn]] void fail(std::string_view at, std::string_view reason) const;

    void check_no_control_characters() const;
    /// "host", "host:port", "[::1]:port"
    void check_registry(std::string_view registry) const;
    void check_user(std::string_view user) const;
    /// Lower-case path components, as distribution's reference grammar has them; at most `max_size`
    /// bytes.
    void check_repository(std::string_view repository, std::size_t max_size) const;
    void check_tag(std::string_view tag) const;
    Digest parse_digest(std::string_view digest) const;

private:
    void check_host(std::string_view host) const;
    void check_port(std::string_view port) const;
    void check_component(std::string_view component) const;

    std::string_view whole_;
};

} // namespace aic::oci
