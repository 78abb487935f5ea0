// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aic::registry {

/// Whom a request goes to. Credentials belong to an origin and never go to another one.
struct Origin {
    std::string scheme, host, port; ///< the host without brackets; the port always given
    bool operator==(const Origin&) const = default;
};

/// An absolute http or https URL without user and password.
class Url {
public:
    /// Throws Error(network) on anything else.
    static Url parse(std::string_view text);
    /// What a Location header means, seen from this URL.
    Url resolve(std::string_view location) const;
    /// With "name=value" added to the query, the value encoded.
    Url with_query(std::string_view name, std::string_view value) const;

    const Origin& origin() const { return origin_; }

    const std::string& host() const { return origin_.host; }

    /// "host[:port]" as people write it: for messages, and with the port when it is not the
    /// scheme's.
    std::string name() const;

    bool is_https() const { return origin_.scheme == "https"; }

    /// All of it; the query may hold a signature, so this is not for messages.
    const std::string& str() const { return text_; }

private:
    Url(std::string text, Origin origin) : text_(std::move(text)), origin_(std::move(origin)) {}

    std::string text_;
    Origin origin_;
};

/// The text as it may stand in a query or a form.
std::string url_encoded(std::string_view text);

/// "localhost", 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view host);
/// An address (not a name) of loopback, a private network or the link itself; "localhost" too.
bool is_private(std::string_view host);

} // namespace aic::registry
