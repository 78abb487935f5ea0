// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "registry/secret.hpp"
#include "registry/url.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

enum class Method { get, head };

/// One HTTP request. Redirects are followed; `authorization` goes to the origin of `url` alone.
struct Request {
    Url url;
    Method method = Method::get;
    std::vector<std::string> headers = {}; ///< "Name: value"
    Secret authorization = {};         ///< the value of the Authorization header; empty for none
    std::uint64_t limit_bytes = 65536; ///< a larger body of a 2xx answer is Error(integrity)
    Sink* sink = nullptr; ///< takes the body of a 200 answer; if null, Answer::body does
    /// Asks for the body from here on, by Range. A 206 goes to the sink too, and may have as many
    /// bytes less than `limit_bytes`.
    std::uint64_t first_byte = 0;
    std::chrono::milliseconds delay{0}; ///< how long to wait before it is made
    Secret form = {}; ///< "name=value&…" to POST; goes to the origin of `url` alone
};

struct Header {
    std::string name, value;
};

/// What came back, after redirects.
struct Answer {
    Url url; ///< that answered
    int status = 0;
    std::vector<Header> headers = {};
    std::string body = {}; ///< of other answers than 2xx the first 64 KiB

    /// The first header of that name, in whatever case; nothing when there is none.
    std::optional<std::string> header(std::string_view name) const;
    std::vector<std::string> all_headers(std::string_view name) const;
    /// True for a web page, as proxies and login portals send.
    bool is_web_page() const;
};

/// Why no whole answer came.
enum class Failure {
    unreachable, ///< nothing answers there, or nothing that is to be trusted
    broken,      ///< the connection was reset, cut or stalled
};

/// A conversation: a request, and what follows from each answer. All its functions are called on
/// the thread that runs the transport; what they throw ends the run.
class Exchange {
public:
    virtual ~Exchange() = default;
    /// What is being done, for errors: "fetching sha256:…".
    virtual std::string description() const = 0;
    virtual Request first() = 0;
    /// The request that follows, or nothing at the end of the conversation.
    virtual std::optional<Request> next(Answer& answer) = 0;
    /// Called before the first byte of a body goes to the request's sink. When it returns false,
    /// the body is not received, and failed() is called.
    virtual bool accepts(const Answer& answer);
    /// As next(), when no answer came or it was cut off. Throws `error` unless overridden.
    virtual std::optional<Request> failed(const Error& error, Failure failure);
};

/// HTTP over one event loop, which runs in the caller's thread: no thread per request, connections
/// kept for the next one. May be shared by threads, which then take turns.
class Transport {
public:
    /// `ca_file` replaces the system's certificates when not empty.
    explicit Transport(std::string ca_file = {});
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    ~Transport();

    /// Holds all the conversations, a few at a time in the order given, to their ends. The first
    /// failure ends the others and is thrown; a stop is Error(interrupted).
    void run(std::span<Exchange* const> exchanges, std::stop_token stop);

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

} // namespace aic::registry
