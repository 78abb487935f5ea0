// SPDX-License-Identifier: Apache-2.0
#include "registry/transfer.hpp"

namespace aic::registry {

namespace {

constexpr long k_receive_buffer_bytes = 512L * 1024;

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
    if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw Error(ErrorKind::system, "setting up libcurl: {}", curl_easy_strerror(code));
}

} // namespace

/// What every request to a peer has, whatever it asks for.
void Transfer::meet(Peer& peer) {
    peer_ = &peer;
    curl_easy_reset(easy());
    set(easy(), CURLOPT_NOSIGNAL, 1L);
    set(easy(), CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy(), CURLOPT_USERAGENT, "aic-image");
    // Asks for the bytes as they are, and undoes a Content-Encoding that comes all the same.
    set(easy(), CURLOPT_ACCEPT_ENCODING, "identity");
    set(easy(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(peer.policy.connect_time.count()));
    set(easy(), CURLOPT_LOW_SPEED_LIMIT, peer.policy.stall_bytes_per_second);
    set(easy(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(peer.policy.stall_time.count()));
    set(easy(), CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy(), CURLOPT_BUFFERSIZE, k_receive_buffer_bytes);
    set(easy(), CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // A cancelled look-up of a name is left behind rather than waited for.
    set(easy(), CURLOPT_QUICK_EXIT, 1L);
    if (!peer.tls.authorities_file.empty())
        set(easy(), CURLOPT_CAINFO, peer.tls.authorities_file.c_str());
    set(easy(), CURLOPT_KEYPASSWD, ""); // or OpenSSL would ask the terminal
    set(easy(), CURLOPT_ERRORBUFFER, error_text_.data());
    set(easy(), CURLOPT_PRIVATE, static_cast<void*>(this));
    set(easy(), CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(easy(), CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(easy(), CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(easy(), CURLOPT_WRITEDATA, static_cast<void*>(this));
}

void Transfer::prepare(const Url& url) {
    answer_ = {.url = url};
    header_bytes_ = 0;
    body_bytes_ = 0;
    is_refused_ = false;
    error_text_[0] = '\0';

    set_headers(url);
    set_client_certificate(url);
    const bool is_checked = peer_->tls.is_checked || url.origin() != peer_->origin;
    set(easy(), CURLOPT_SSL_VERIFYPEER, is_checked ? 1L : 0L);
    set(easy(), CURLOPT_SSL_VERIFYHOST, is_checked ? 2L : 0L);
    // One TCP connection for each piece of a blob: several share a link better than one
    // connection's window does.
    set(easy(), CURLOPT_HTTP_VERSION,
        request_.sink ? long{CURL_HTTP_VERSION_1_1} : long{CURL_HTTP_VERSION_2TLS});
    set(easy(), CURLOPT_URL, url.str().c_str());
    set(easy(), CURLOPT_NOBODY, request_.method == Method::head ? 1L : 0L);
    if (request_.method == Method::get)
        set(easy(), CURLOPT_HTTPGET, 1L);
    if (!request_.form.empty() && url.origin() == request_.url.origin())
        set(easy(), CURLOPT_POSTFIELDS, request_.form.reveal().c_str()); // which makes it a POST
}

void Transfer::set_headers(const Url& url) {
    auto headers = request_.headers;
    if (!request_.authorization.empty() && url.origin() == request_.url.origin())
        headers.push_back("Authorization: " + request_.authorization.reveal());
    curl_slist* list = nullptr;
    for (const auto& header : headers) {
        auto* longer = curl_slist_append(list, header.c_str());
        if (!longer) {
            curl_slist_free_all(list);
            throw std::bad_alloc();
        }
        list = longer;
    }
    set(easy(), CURLOPT_HTTPHEADER, list);
    header_list_.reset(list);
}

/// Neither where a redirect leads to nor a token server elsewhere may learn who we are.
void Transfer::set_client_certificate(const Url& url) {
    const auto& client = peer_->tls.client;
    if (!client || url.origin() != peer_->origin) {
        set(easy(), CURLOPT_SSLCERT, static_cast<const char*>(nullptr));
        set(easy(), CURLOPT_SSLKEY_BLOB, static_cast<const curl_blob*>(nullptr));
        return;
    }
    const auto& key = client->key.reveal();
    const curl_blob blob{const_cast<char*>(key.data()), key.size(), CURL_BLOB_NOCOPY};
    set(easy(), CURLOPT_SSLCERT, client->file.c_str());
    set(easy(), CURLOPT_SSLKEY_BLOB, &blob);
}

} // namespace aic::registry
