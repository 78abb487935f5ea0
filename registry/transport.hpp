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
    Sink* sink = nullptr; ///< takes the body of a 200 or 206 answer; if null, Answer::body does
    Secret form = {};     ///< "name=value&…" to POST; goes to the origin of `url` alone
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

struct Peer;

/// Why a request is made again, and when.
struct Wait {
    std::string reason; ///< "429 from docker.io"
    std::chrono::steady_clock::time_point until;
};

/// Whether a request has to wait for what another conversation does.
enum class Hold {
    none,
    waits,
    over, ///< it has waited, and is to be asked for anew: Exchange::repeated()
};

/// A conversation: a request, and what follows from each answer. All its functions are called on
/// the thread that runs the transport; what they throw ends the run.
class Exchange {
public:
    virtual ~Exchange() = default;
    /// What is being done, for errors: "fetching sha256:…".
    virtual std::string description() const = 0;
    /// Who is spoken to. Asked before each request; outlives the exchange.
    virtual Peer& peer() = 0;
    virtual Request first() = 0;
    /// The request that follows, or nothing at the end of the conversation.
    virtual std::optional<Request> next(Answer& answer) = 0;
    /// As next(), when no answer came, it was cut off, or something of ours did not take it, and
    /// trying again was of no use.
    virtual std::optional<Request> failed(const Error& error);

    /// The request that takes the place of `request`, which has to be made again: the same one, or
    /// what is left of it where its sink has got something.
    virtual Request repeated(const Request& request) { return request; }

    /// Asked before each request is made.
    virtual Hold hold() const { return Hold::none; }

    /// Is told the head of a 200 or 206 answer whose body goes to a sink. False refuses the body;
    /// then repeated() says what to ask instead, which must be something else.
    virtual bool begins(const Answer&) { return true; }

    /// How many bytes all its answers brought that it did not have, and keeps when an answer is
    /// cut.
    virtual std::uint64_t new_bytes() const { return 0; }

    /// Is told before a repetition that has to wait for its time.
    virtual void waits(const Wait& wait);
};

/// Conversations that are thought of as they are needed.
class Conversations {
public:
    virtual ~Conversations() = default;
    /// The next one to begin; null when there is none at present. Asked again whenever one has
    /// ended or got something.
    virtual Exchange* next() = 0;
    /// How many may be under way.
    virtual std::size_t limit() const = 0;
};

/// HTTP over one event loop, which runs in the caller's thread: no thread per request, connections
/// kept for the next one. May be shared by threads, which then take turns.
class Transport {
public:
    Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    ~Transport();

    /// Holds all the conversations, a few at a time in the order given, to their ends. Requests
    /// that fail in a way that passes are repeated as the peer's policy has it. The first failure
    /// beyond that ends the others and is thrown; a stop is Error(interrupted).
    void run(std::span<Exchange* const> exchanges, std::stop_token stop);
    /// The same until none is under way and none is to begin.
    void run(Conversations& conversations, std::stop_token stop);

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

} // namespace aic::registry
