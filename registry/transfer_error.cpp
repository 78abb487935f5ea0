// SPDX-License-Identifier: Apache-2.0
#include "oci/printable.hpp"
#include "registry/transfer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace aic::registry {

/// "host:port" of a proxy that cannot be reached, which is whom libcurl then names instead of the
/// host; "" when it is the host.
static std::string proxy_in(std::string_view detail, std::string_view host) {
    constexpr std::string_view k_begin = "Failed to connect to ";
    constexpr std::string_view k_middle = " port ";
    const auto middle = detail.find(k_middle);
    if (!detail.starts_with(k_begin) || middle == std::string_view::npos)
        return "";
    const auto named = detail.substr(k_begin.size(), middle - k_begin.size());
    const auto rest = detail.substr(middle + k_middle.size());
    const bool is_host = std::ranges::equal(named, host, {}, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return is_host ? "" : fmt::format("{}:{}", named, rest.substr(0, rest.find(' ')));
}

std::optional<Trouble> Transfer::trouble_of(CURLcode result) const {
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return Trouble::unreachable;
    case CURLE_OPERATION_TIMEDOUT:
        return is_connected() ? Trouble::stalled : Trouble::unreachable;
    case CURLE_SSL_CONNECT_ERROR:
        return is_handshake_cut() ? std::optional(Trouble::handshake) : std::nullopt;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return is_alert() || is_refused_by_proxy() ? std::nullopt
                                                   : std::optional(Trouble::connection);
    default:
        return std::nullopt; // the same would come of it again
    }
}

/// Whether the request could be sent: no connection, or one that never came about, times out too.
bool Transfer::is_connected() const {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy(), CURLINFO_PRETRANSFER_TIME_T, &microseconds);
    return microseconds > 0;
}

bool Transfer::is_alert() const {
    // libcurl hands OpenSSL's words on, and no code.
    const std::string_view text = error_text_.data();
    return text.find("SSL routines") != std::string_view::npos
           && text.find(" alert ") != std::string_view::npos;
}

/// In the middle of the handshake the connection ended, which says nothing about certificates.
bool Transfer::is_handshake_cut() const {
    const std::string_view text = error_text_.data();
    return std::ranges::any_of(
        std::array{"Recv failure", "Send failure", "SSL_connect: ", "unexpected eof"},
        [&](const char* words) { return text.find(words) != std::string_view::npos; });
}

/// What the proxy answered to the wish for a connection; 0 where it was not asked.
int Transfer::proxy_status() const {
    long status = 0;
    curl_easy_getinfo(easy(), CURLINFO_HTTP_CONNECTCODE, &status);
    return static_cast<int>(status);
}

/// For good: a 503 passes.
bool Transfer::is_refused_by_proxy() const {
    return proxy_status() >= 400 && !is_passing(proxy_status());
}

std::string Transfer::reason_of(Trouble trouble) const {
    const auto host = answer_.url.name();
    switch (trouble) {
    case Trouble::refused_for_now:
        return fmt::format("{} from {}", answer_.status, host);
    case Trouble::connection:
    case Trouble::handshake:
        return fmt::format("connection to {} lost", host);
    case Trouble::stalled:
        return fmt::format("{} has stopped sending", host);
    case Trouble::unreachable:
        break;
    }
    return fmt::format("no connection to {}", host);
}

Error Transfer::failure_of(CURLcode result) const {
    const auto host = answer_.url.name();
    const auto attempts = attempts_ > 0 ? fmt::format(" (tried {} times)", attempts_ + 1) : "";
    const std::string_view detail =
        error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(result);
    const auto error = [&](std::string_view what) {
        return Error(ErrorKind::network, "{} {}: {}{}", what, host, oci::printable(detail),
                     attempts);
    };
    const auto nobody_there = [&] {
        long number = 0; // curl's own words say the host once more
        curl_easy_getinfo(easy(), CURLINFO_OS_ERRNO, &number);
        const auto reason = number != 0 ? std::string(std::strerror(static_cast<int>(number)))
                                        : oci::printable(detail);
        if (const auto proxy = proxy_in(detail, answer_.url.host()); !proxy.empty())
            return Error(ErrorKind::network, "connecting to the proxy {}, for {}: {}{}",
                         oci::printable(proxy), host, reason, attempts)
                .with_hint("HTTPS_PROXY names the proxy, and NO_PROXY the hosts that need none");
        return Error(ErrorKind::network, "connecting to {}: {}{}", host, reason, attempts)
            .with_hint("nothing answers there: check host and port, and whether a proxy is needed");
    };
    if (proxy_status() >= 400)
        return Error(is_refused_by_proxy() ? ErrorKind::denied : ErrorKind::network,
                     "the proxy refuses the way to {}: {}{}", host, proxy_status(), attempts)
            .with_hint(proxy_status() == 407
                           ? "it wants a user and a password that it knows: "
                             "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
                           : "HTTPS_PROXY names the proxy, and NO_PROXY the hosts that need none");
    if (is_alert())
        return Error(ErrorKind::denied, "{} refuses the connection: {}", host,
                     oci::printable(detail))
            .with_hint("a registry that asks for a client certificate wants client.cert and "
                       "client.key in a directory certs.d/HOST[:PORT]");
    switch (result) {
    case CURLE_SSL_CERTPROBLEM:
        return Error(ErrorKind::usage, "showing {} the client certificate '{}': {}", host,
                     peer_->tls.client ? peer_->tls.client->file.native() : "",
                     oci::printable(detail))
            .with_hint("certificate and key have to be PEM, belong together, and have no password");
    case CURLE_COULDNT_RESOLVE_HOST:
        return error("resolving")
            .with_hint("check the spelling of the registry's name, and the network");
    case CURLE_COULDNT_RESOLVE_PROXY:
        return error("reaching").with_hint("check HTTPS_PROXY, HTTP_PROXY and NO_PROXY");
    case CURLE_COULDNT_CONNECT:
        return nobody_there();
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return error("trusting").with_hint("SSL_CERT_FILE names the certificates to trust");
    case CURLE_SSL_CONNECT_ERROR:
        if (detail.find("wrong version number") == std::string_view::npos)
            return error("talking to");
        if (answer_.url.origin() != peer_->origin) // which no setting is about
            return Error(ErrorKind::network, "{} does not speak TLS", host);
        return Error(ErrorKind::network, "{} does not speak TLS", host)
            .with_hint("'insecure_registries' in the settings names the registries that may be "
                       "asked without it");
    case CURLE_OPERATION_TIMEDOUT:
        if (!is_connected())
            return nobody_there();
        return error(answer_.status > 0 ? "receiving from" : "waiting for");
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
        return Error(ErrorKind::network, "the connection to {} was cut after {} bytes{}", host,
                     body_bytes_, attempts);
    default:
        return error("talking to");
    }
}

} // namespace aic::registry
