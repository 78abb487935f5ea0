// SPDX-License-Identifier: Apache-2.0
#include "registry/transfer.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

namespace aic::registry {

namespace {

constexpr int k_max_redirects = 10;
constexpr std::size_t k_max_header_bytes = 256UL * 1024;
constexpr std::size_t k_max_error_body_bytes = 64UL * 1024;
constexpr std::uint64_t k_endless_error_body_bytes = 4UL * 1024 * 1024;

bool is_success(int status) {
    return status >= 200 && status < 300;
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view k_blank = " \t\r\n";
    const auto first = text.find_first_not_of(k_blank);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(k_blank) - first + 1);
}

} // namespace

Transfer::Transfer(Exchange& exchange)
    : exchange_(exchange)
    , easy_(curl_easy_init())
    , request_(exchange.first())
    , answer_{.url = request_.url} {
    if (!easy_)
        throw Error(ErrorKind::system, "libcurl gives no handle");
    meet(exchange_.peer());
    prepare(request_.url);
}

void Transfer::begin(Request request) {
    request_ = std::move(request);
    redirects_ = 0;
    attempts_ = 0;
    due_at_ = {};
    if (peer_ != &exchange_.peer())
        meet(exchange_.peer());
    prepare(request_.url);
}

bool Transfer::finish(CURLcode result) {
    try {
        if (failure_)
            std::rethrow_exception(std::exchange(failure_, nullptr));
        if (is_refused_)
            return go_on(exchange_.repeated(request_));
        if (result == CURLE_OK)
            return take_answer();
        const auto trouble = trouble_of(result);
        if (trouble && repeat(*trouble))
            return true;
        throw failure_of(result);
    } catch (const Error& error) {
        return go_on(exchange_.failed(error));
    }
}

bool Transfer::take_answer() {
    if (is_redirect(answer_.status) && answer_.header("Location"))
        return follow_redirect();
    if (is_passing(answer_.status) && repeat(Trouble::refused_for_now))
        return true;
    return go_on(exchange_.next(answer_));
}

bool Transfer::repeat(Trouble trouble) {
    const auto& host = answer_.url.host();
    if (new_bytes_ - progress_from_ >= peer_->policy.progress_bytes) {
        attempts_ = 0;
        progress_from_ = new_bytes_;
    }
    Failure failure{trouble, attempts_, peer_->hosts.has_answered(host)};
    if (const auto header = answer_.header("Retry-After");
        header && trouble == Trouble::refused_for_now)
        failure.retry_after = parse_retry_after(*header, std::chrono::system_clock::now());
    thread_local std::minstd_rand generator{std::random_device{}()};
    const auto delay =
        retry_delay(failure, peer_->policy, std::uniform_real_distribution<double>()(generator));
    if (!delay || !peer_->hosts.take_repetition(host))
        return false;
    ++attempts_;
    const auto until = std::chrono::steady_clock::now() + *delay;
    if (failure.retry_after)
        peer_->hosts.close_until(host, until);
    exchange_.waits({reason_of(trouble), until});
    const auto attempts = attempts_;
    begin(exchange_.repeated(request_));
    attempts_ = attempts;
    due_at_ = until;
    return true;
}

Transfer::TimePoint Transfer::due_at() const {
    return std::max(due_at_, peer_->hosts.open_at(answer_.url.host()));
}

bool Transfer::go_on(std::optional<Request> request) {
    if (request)
        begin(std::move(*request));
    return request.has_value();
}

bool Transfer::follow_redirect() {
    const auto& from = answer_.url;
    if (++redirects_ > k_max_redirects)
        throw Error(ErrorKind::network, "{} redirects more than {} times", from.name(),
                    k_max_redirects);
    const auto to = from.resolve(*answer_.header("Location"));
    if (from.is_https() && !to.is_https())
        throw Error(ErrorKind::network,
                    "{} redirects from https to http at {}, which is not followed", from.name(),
                    to.name());
    prepare(to);
    return true;
}

void Transfer::take_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > k_max_header_bytes)
        throw Error(ErrorKind::network, "{} sends headers without end", answer_.url.name());
    if (line.starts_with("HTTP/")) { // a new answer: the one before was "100 Continue" or the like
        answer_.headers.clear();
        answer_.status = 0;
        if (const auto space = line.find(' '); space != std::string_view::npos)
            std::from_chars(line.data() + space + 1, line.data() + line.size(), answer_.status);
        peer_->hosts.note_answer(answer_.url.host());
        return;
    }
    if (trimmed(line).empty())
        return end_of_headers();
    if (const auto colon = line.find(':'); colon != std::string_view::npos)
        answer_.headers.push_back({std::string(trimmed(line.substr(0, colon))),
                                   std::string(trimmed(line.substr(colon + 1)))});
}

void Transfer::refuse_length() const {
    throw Error(ErrorKind::integrity, "{} sends more than the {} bytes that are expected",
                answer_.url.name(), request_.limit_bytes);
}

void Transfer::check_announced_length() const {
    const auto text = answer_.header("Content-Length");
    if (!text || !is_success(answer_.status) || request_.method == Method::head)
        return;
    if (answer_.header("Content-Encoding")) // then it is not the length of what we get
        return;
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
    if (error == std::errc::result_out_of_range || length > request_.limit_bytes)
        refuse_length();
}

void Transfer::end_of_headers() {
    check_announced_length();
    const bool to_sink = request_.sink && (answer_.status == 200 || answer_.status == 206);
    is_refused_ = to_sink && !exchange_.begins(answer_);
}

void Transfer::take_body(std::span<const std::byte> bytes) {
    body_bytes_ += bytes.size();
    if (!is_success(answer_.status)) {
        const auto room = k_max_error_body_bytes - answer_.body.size();
        answer_.body += as_text(bytes.first(std::min(room, bytes.size())));
        if (body_bytes_ > k_endless_error_body_bytes)
            throw Error(ErrorKind::network, "{} answers {} with a body without end",
                        answer_.url.name(), answer_.status);
        return;
    }
    if (body_bytes_ > request_.limit_bytes)
        refuse_length();
    if (request_.sink && (answer_.status == 200 || answer_.status == 206))
        request_.sink->write(bytes);
    else
        answer_.body += as_text(bytes);
    note_progress();
}

/// A server that sends the same again and again brings nothing, however much that is.
void Transfer::note_progress() {
    const auto before = std::exchange(new_bytes_, exchange_.new_bytes());
    peer_->hosts.note_bytes(answer_.url.host(), new_bytes_ - before);
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t length, void* user) noexcept {
    auto& transfer = *static_cast<Transfer*>(user);
    try {
        transfer.take_header({data, length});
        return transfer.is_refused_ ? CURL_WRITEFUNC_ERROR : length;
    } catch (...) {
        transfer.failure_ = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
    }
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t length, void* user) noexcept {
    auto& transfer = *static_cast<Transfer*>(user);
    try {
        transfer.take_body(std::as_bytes(std::span(data, length)));
        return length;
    } catch (...) {
        transfer.failure_ = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
    }
}

} // namespace aic::registry
