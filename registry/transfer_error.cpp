// SPDX-License-Identifier: Apache-2.0
#include "oci/printable.hpp"
#include "registry/transfer.hpp"

namespace aic::registry {

Error Transfer::failure_of(CURLcode result) const {
    const auto& host = answer_.url.host();
    const std::string_view detail =
        error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(result);
    const auto error = [&](std::string_view what) {
        return Error(ErrorKind::network, "{} {}: {}", what, host, oci::printable(detail));
    };
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return error("resolving")
            .with_hint("check the spelling of the registry's name, and the network");
    case CURLE_COULDNT_RESOLVE_PROXY:
        return error("reaching").with_hint("check HTTPS_PROXY, HTTP_PROXY and NO_PROXY");
    case CURLE_COULDNT_CONNECT:
        return error("connecting to")
            .with_hint("nothing answers there: check host and port, and whether a proxy is needed");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return error("trusting").with_hint("SSL_CERT_FILE names the certificates to trust");
    case CURLE_OPERATION_TIMEDOUT:
        return error(answer_.status > 0 ? "receiving from" : "waiting for");
    case CURLE_WRITE_ERROR: // only Exchange::accepts() ends a transfer so
        return Error(ErrorKind::network, "{} sends other bytes than were asked for", host);
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
        return Error(ErrorKind::network, "the connection to {} was cut after {} bytes", host,
                     body_bytes_);
    default:
        return error("talking to");
    }
}

Failure Transfer::kind_of_failure(CURLcode result) const {
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT: // a stall, or no connection in time
        return answer_.status > 0 ? Failure::broken : Failure::unreachable;
    case CURLE_WRITE_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return Failure::broken;
    default:
        return Failure::unreachable;
    }
}

} // namespace aic::registry
