// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// One conversation's requests on one curl handle, redirects included. It belongs to no curl multi
/// handle when it is destroyed.
class Transfer {
public:
    Transfer(Exchange& exchange, const std::string& ca_file);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    CURL* easy() const { return easy_.get(); }

    /// The wait before the present request.
    std::chrono::milliseconds delay() const;

    /// Takes in how curl ended. True when there is another request to perform, false at the end.
    bool finish(CURLcode result);

private:
    void begin(Request request);
    void prepare(const Url& url);
    bool go_on(std::optional<Request> request);
    bool follow_redirect();
    Error failure_of(CURLcode result) const;
    Failure kind_of_failure(CURLcode result) const;

    void take_header(std::string_view line);
    bool take_body(std::span<const std::byte> bytes);
    bool is_for_sink() const;
    std::uint64_t limit_bytes() const;
    void check_announced_length() const;
    [[noreturn]] void refuse_length() const;
    static std::size_t on_header(char* data, std::size_t, std::size_t length, void* user) noexcept;
    static std::size_t on_body(char* data, std::size_t, std::size_t length, void* user) noexcept;

    Exchange& exchange_;
    std::unique_ptr<CURL, EasyDeleter> easy_;
    std::unique_ptr<curl_slist, HeaderListDeleter> header_list_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    Request request_;
    Answer answer_;
    int redirects_ = 0;
    std::size_t header_bytes_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::exception_ptr failure_; ///< what a callback threw
};

} // namespace aic::registry
