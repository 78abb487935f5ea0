// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/peer.hpp"
#include "registry/transport.hpp"

#include <curl/curl.h>

#include <array>
#include <exception>
#include <memory>

namespace aic::registry {

struct EasyDeleter {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};

struct HeaderListDeleter {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

/// One conversation's requests on one curl handle, redirects and repetitions included. It belongs
/// to no curl multi handle when it is destroyed.
class Transfer {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit Transfer(Exchange& exchange);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    CURL* easy() const { return easy_.get(); }

    /// Takes in how curl ended. True when there is another request to perform, false at the end.
    bool finish(CURLcode result);

    /// Has the request replaced by what its exchange would ask now.
    void ask_anew() { begin(exchange_.repeated(request_)); }

    /// When the request may be performed; long ago for most.
    TimePoint due_at() const;

private:
    void begin(Request request);
    void meet(Peer& peer);
    void prepare(const Url& url);
    void set_headers(const Url& url);
    void set_client_certificate(const Url& url);
    bool take_answer();
    bool go_on(std::optional<Request> request);
    bool follow_redirect();
    bool repeat(Trouble trouble);
    /// What a failure of curl's means; nothing when trying again cannot help.
    std::optional<Trouble> trouble_of(CURLcode result) const;
    bool is_connected() const;
    bool is_handshake_cut() const;
    int proxy_status() const;
    bool is_refused_by_proxy() const;
    /// The peer has ended the conversation on purpose, such as for the want of a certificate.
    bool is_alert() const;
    std::string reason_of(Trouble trouble) const;
    Error failure_of(CURLcode result) const;

    void take_header(std::string_view line);
    void take_body(std::span<const std::byte> bytes);
    void note_progress();
    void check_announced_length() const;
    void end_of_headers();
    [[noreturn]] void refuse_length() const;
    static std::size_t on_header(char* data, std::size_t, std::size_t length, void* user) noexcept;
    static std::size_t on_body(char* data, std::size_t, std::size_t length, void* user) noexcept;

    Exchange& exchange_;
    Peer* peer_ = nullptr;
    std::unique_ptr<CURL, EasyDeleter> easy_;
    std::unique_ptr<curl_slist, HeaderListDeleter> header_list_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    Request request_;
    Answer answer_;
    int redirects_ = 0;
    int attempts_ = 0; ///< repetitions that brought nothing new
    TimePoint due_at_{};
    bool is_refused_ = false; ///< the body, by the exchange
    std::size_t header_bytes_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::uint64_t new_bytes_ = 0;     ///< that the exchange got so far
    std::uint64_t progress_from_ = 0; ///< as many of them when attempts_ became 0
    std::exception_ptr failure_;      ///< what a callback threw
};

} // namespace aic::registry
