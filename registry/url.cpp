// SPDX-License-Identifier: Apache-2.0
#include "registry/url.hpp"

#include "core/error.hpp"
#include "oci/printable.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <memory>
#include <optional>

namespace aic::registry {

namespace {

struct FreeUrl {
    void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};

using Handle = std::unique_ptr<CURLU, FreeUrl>;

struct FreeText {
    void operator()(char* text) const noexcept { curl_free(text); }
};

constexpr unsigned k_parse_flags = CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE;

std::optional<std::string> part(const Handle& url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK)
        return std::nullopt;
    return std::string(std::unique_ptr<char, FreeText>(text).get());
}

Error not_a_url(std::string_view text) {
    return Error(ErrorKind::network, "'{}' is not an http or https URL",
                 oci::printable(text.substr(0, text.find('?')), 200));
}

} // namespace

static Url finished(const Handle& url, std::string_view given, Url (*make)(std::string, Origin)) {
    const auto whole = part(url, CURLUPART_URL);
    const auto scheme = part(url, CURLUPART_SCHEME);
    auto host = part(url, CURLUPART_HOST);
    const auto port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    if (!whole || !scheme || !host || host->empty() || !port
        || (*scheme != "http" && *scheme != "https"))
        throw not_a_url(given);
    if (host->starts_with('[') && host->ends_with(']'))
        host = host->substr(1, host->size() - 2);
    for (char& c : *host)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + ('a' - 'A'));
    return make(*whole, {*scheme, *host, *port});
}

Url Url::parse(std::string_view text) {
    const Handle url(curl_url());
    const std::string copy(text);
    if (!url || copy.find('\0') != std::string::npos
        || curl_url_set(url.get(), CURLUPART_URL, copy.c_str(), k_parse_flags) != CURLUE_OK)
        throw not_a_url(text);
    return finished(url, text, [](std::string whole, Origin origin) {
        return Url(std::move(whole), std::move(origin));
    });
}

Url Url::resolve(std::string_view location) const {
    const Handle url(curl_url());
    const std::string relative(location);
    // Setting a second URL on a handle resolves it against the first (RFC 3986 § 5).
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text_.c_str(), k_parse_flags) != CURLUE_OK
        || curl_url_set(url.get(), CURLUPART_URL, relative.c_str(), k_parse_flags) != CURLUE_OK)
        throw not_a_url(location);
    return finished(url, location, [](std::string whole, Origin origin) {
        return Url(std::move(whole), std::move(origin));
    });
}

std::string Url::name() const {
    const auto host = origin_.host.find(':') == std::string::npos
                          ? origin_.host
                          : fmt::format("[{}]", origin_.host);
    const auto* const usual = is_https() ? "443" : "80";
    return origin_.port == usual ? host : fmt::format("{}:{}", host, origin_.port);
}

std::string url_encoded(std::string_view text) {
    constexpr std::string_view k_unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789-._~";
    std::string encoded;
    for (const char c : text) {
        if (k_unreserved.find(c) != std::string_view::npos)
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

Url Url::with_query(std::string_view name, std::string_view value) const {
    const Handle url(curl_url());
    const auto pair = fmt::format("{}={}", name, value);
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text_.c_str(), k_parse_flags) != CURLUE_OK
        || curl_url_set(url.get(), CURLUPART_QUERY, pair.c_str(),
                        CURLU_APPENDQUERY | CURLU_URLENCODE)
               != CURLUE_OK)
        throw not_a_url(text_);
    return parse(part(url, CURLUPART_URL).value_or(""));
}

namespace {

/// The IPv4 address in host order, also when it is written inside an IPv6 one.
std::optional<std::uint32_t> ipv4_of(const std::string& host) {
    in_addr v4;
    if (::inet_pton(AF_INET, host.c_str(), &v4) == 1)
        return ntohl(v4.s_addr);
    in6_addr v6;
    if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_V4MAPPED(&v6))
        return static_cast<std::uint32_t>(v6.s6_addr[12]) << 24
               | static_cast<std::uint32_t>(v6.s6_addr[13]) << 16
               | static_cast<std::uint32_t>(v6.s6_addr[14]) << 8 | v6.s6_addr[15];
    return std::nullopt;
}

bool within(std::uint32_t address, std::uint32_t network, unsigned bits) {
    return (address >> (32 - bits)) == (network >> (32 - bits));
}

} // namespace

bool is_loopback(std::string_view host) {
    const std::string text(host);
    if (text == "localhost" || text == "localhost.")
        return true;
    if (const auto v4 = ipv4_of(text))
        return within(*v4, 0x7f000000, 8);
    in6_addr v6;
    return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_private(std::string_view host) {
    const std::string text(host);
    if (is_loopback(host))
        return true;
    if (const auto v4 = ipv4_of(text))
        return within(*v4, 0, 8) || within(*v4, 0x0a000000, 8) || within(*v4, 0xac100000, 12)
               || within(*v4, 0xc0a80000, 16) || within(*v4, 0xa9fe0000, 16)
               || within(*v4, 0x64400000, 10);
    in6_addr v6;
    return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1
           && (IN6_IS_ADDR_LINKLOCAL(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6)
               || (v6.s6_addr[0] & 0xfe) == 0xfc);
}

} // namespace aic::registry
