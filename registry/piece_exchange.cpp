// SPDX-License-Identifier: Apache-2.0
#include "registry/piece_exchange.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/printable.hpp"
#include "registry/content_range.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace aic::registry {

constexpr int k_most_empty_answers = 3; // or nearly empty ones
constexpr std::uint64_t k_worth_asking_bytes = 64 << 10;

std::optional<Request> PieceExchange::failed(const Error& error) {
    if (!foreign_url_ && places_.goes_on_after(place_, error)) {
        download_.first_place = std::max(download_.first_place, place_ + 1);
        download_.ranges_work = false; // there; elsewhere that has to show itself
        return ask_for_rest();
    }
    if (download_.foreign_urls.empty() || !is_of_the_place(error.kind()))
        return Exchange::failed(error);
    return foreign_request();
}

Request PieceExchange::repeated(const Request& request) {
    if (!request.sink)
        return request; // for a token
    return foreign_url_ ? ask_again() : ask_for_rest();
}

Request PieceExchange::request() {
    return for_what_is_missing(client().blob_request(download_.descriptor.digest));
}

Request PieceExchange::ask_for_rest() {
    place_ = places_.first_from(download_.first_place);
    turn_to(client().authenticator(), client().peer());
    return once_more();
}

Request PieceExchange::for_what_is_missing(Request request) {
    asked_ = *range_;
    if (download_.whole_only) {
        asked_ = *range_ = download_.whole();
    } else if (const auto missing = download_.missing_in(*range_); !missing.empty()) {
        asked_ = missing.front();
    }
    if (asked_ != download_.whole())
        request.headers.push_back(fmt::format("Range: bytes={}-{}", asked_.begin, asked_.end - 1));
    request.sink = this;
    request.limit_bytes = download_.descriptor.size_bytes;
    return request;
}

Request PieceExchange::foreign_request() {
    foreign_url_ = Url::parse(download_.foreign_urls.front());
    download_.foreign_urls.erase(download_.foreign_urls.begin());
    debug("{} from {}", description(), oci::printable(foreign_url_->host()));
    leave_registry();
    foreign_host_ = foreign_url_->name();
    return for_what_is_missing({.url = *foreign_url_});
}

Request PieceExchange::ask_for_all() {
    download_.whole_only = true;
    return ask_again();
}

/// Whoever was asked before.
Request PieceExchange::ask_again() {
    return foreign_url_ ? for_what_is_missing({.url = *foreign_url_}) : once_more();
}

bool PieceExchange::begins(const Answer& answer) {
    host_ = answer.url.name();
    new_before_ = new_bytes_;
    download_.sources.insert(source());
    if (answer.status == 206)
        return begins_part(answer);
    begins_whole(answer);
    return true;
}

void PieceExchange::begins_whole(const Answer& answer) {
    // The server ignores Range. What is there already is skipped as it comes again.
    if (asked_ != download_.whole()) {
        debug("{}: {} serves no parts of it", description(), host_);
        download_.whole_only = true;
        asked_ = *range_ = download_.whole();
    }
    position_ = 0;
    const auto length = answer.header("Content-Length");
    const bool is_short = length && !answer.header("Content-Encoding")
                          && *length != std::to_string(download_.descriptor.size_bytes);
    if (is_short)
        throw Error(ErrorKind::integrity, "{} announces {} bytes instead of {}", host_,
                    oci::printable(*length, 30), download_.descriptor.size_bytes);
}

bool PieceExchange::begins_part(const Answer& answer) {
    if (asked_ == download_.whole())
        throw Error(ErrorKind::network, "{} answers a request for all of it with a part (206)",
                    host_);
    const auto header = answer.header("Content-Range").value_or("");
    const auto range = parse_content_range(header);
    const bool fits = range && range->range.begin == asked_.begin && range->range.end <= asked_.end
                      && range->total_bytes.value_or(download_.descriptor.size_bytes)
                             == download_.descriptor.size_bytes
                      && !answer.header("Content-Encoding");
    if (!fits) {
        debug("{}: {} was asked for bytes {} to {} and answers with '{}'", description(), host_,
              asked_.begin, asked_.end, oci::printable(header, 100));
        download_.whole_only = true;
        return false;
    }
    download_.ranges_work = true;
    position_ = asked_.begin;
    return true;
}

PartialBlob& PieceExchange::partial() {
    if (!download_.partial)
        download_.partial.emplace(spool_, download_.descriptor.digest,
                                  download_.descriptor.size_bytes);
    return *download_.partial;
}

void PieceExchange::write(std::span<const std::byte> bytes) {
    if (position_ + bytes.size() > asked_.end)
        throw Error(ErrorKind::integrity, "{} sends more than the {} bytes that were asked for",
                    host_, asked_.size());
    if (!download_.is_finished)
        new_bytes_ += partial().write(position_, bytes);
    position_ += bytes.size();
    observer_.arrived(download_, {place_, source(), bytes.size()});
}

std::optional<Request> PieceExchange::answered(Answer& answer) {
    if (answer.status == 200 || answer.status == 206)
        return after_body(answer);
    if (answer.status == 416 && !download_.whole_only)
        return ask_for_all();
    if (answer.status == 404)
        throw Error(ErrorKind::not_found, "{} does not have it", answer.url.name());
    throw client().explain(answer);
}

std::optional<Request> PieceExchange::after_body(const Answer& answer) {
    if (download_.is_finished)
        return end();
    if (partial().is_complete()) {
        finish(answer);
        return end();
    }
    if (download_.missing_in(*range_).empty())
        return end();
    if (new_bytes_ - new_before_ >= k_worth_asking_bytes)
        empty_answers_ = 0;
    if (empty_answers_++ < k_most_empty_answers)
        return ask_again(); // without an announced length, a cut looks like an end
    throw Error(ErrorKind::integrity, "{} sent {} bytes instead of {}", host_,
                position_ - asked_.begin, asked_.size());
}

std::optional<Request> PieceExchange::end() {
    download_.active.erase(range_);
    is_done_ = true;
    return std::nullopt;
}

void PieceExchange::finish(const Answer& answer) {
    const auto& expected = download_.descriptor.digest;
    const auto actual = partial().digest();
    if (actual == expected) {
        download_.is_finished = true;
        debug("{} came from {}", expected.str(), fmt::join(download_.sources, ", "));
        auto fd = partial().publish();
        download_.partial.reset();
        return observer_.finished(download_, std::move(fd));
    }
    if (download_.arrival)
        download_.arrival->begin_anew();
    partial().restart();
    download_.sources.clear();
    take_note_of_wrong(actual, answer.url.name());
}

/// Throws when it is to be fetched no more.
void PieceExchange::take_note_of_wrong(const Digest& actual, const std::string& host) {
    const auto& expected = download_.descriptor.digest;
    const Error wrong(ErrorKind::integrity, "{} sent {} instead of {}", host, actual.str(),
                      expected.str());
    const auto before = std::exchange(download_.wrong_digest, actual);
    if (!foreign_url_ && places_.goes_on_after(place_, wrong)) {
        download_.first_place = std::max(download_.first_place, place_ + 1);
        return;
    }
    if (before)
        throw Error(ErrorKind::integrity, "{}, and {} before", wrong.message(), before->str());
    if (foreign_url_ && download_.foreign_urls.empty()) // all of them once more
        download_.foreign_urls = download_.descriptor.urls;
    debug("{}: {}; once more", description(), wrong.message());
}

} // namespace aic::registry
