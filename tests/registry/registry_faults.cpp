// SPDX-License-Identifier: Apache-2.0
#include "tests/registry/registry_faults.hpp"

#include <fmt/format.h>

#include <utility>

namespace aic::registry {

using namespace std::chrono_literals;
using testing::FakeRequest;
using testing::FakeResponse;

const std::string& blob_bytes() {
    static const std::string bytes = [] {
        std::string text;
        for (std::size_t i = 0; text.size() < k_size; ++i)
            text += fmt::format("{} ", i);
        text.resize(k_size);
        return text;
    }();
    return bytes;
}

static FakeResponse cut(FakeResponse response, std::size_t bytes) {
    response.cut_after = bytes;
    return response;
}

static FakeResponse with_header(FakeResponse response, std::string name, std::string value) {
    std::erase_if(response.headers, [&](const auto& header) { return header.first == name; });
    response.headers.emplace_back(std::move(name), std::move(value));
    return response;
}

static FakeResponse status(int code, std::string retry_after = {}) {
    FakeResponse response{.status = code};
    return retry_after.empty() ? response : with_header(response, "Retry-After", retry_after);
}

static FakeResponse whole(std::string body) {
    return {.body = std::move(body)};
}

static std::string damaged() {
    auto bytes = blob_bytes();
    bytes[k_size / 2] ^= 1;
    return bytes;
}

/// Serves properly but for the first request.
static Misbehaviour at_first(std::function<FakeResponse(const FakeResponse&)> first) {
    return [first](std::size_t number, const FakeRequest&, const FakeResponse& proper) {
        return number == 0 ? first(proper) : proper;
    };
}

static Misbehaviour always(FakeResponse response) {
    return [response](std::size_t, const FakeRequest&, const FakeResponse&) { return response; };
}

/// Cuts the first answer in the middle, and does `then` to those that follow.
static Misbehaviour cut_and_then(std::function<FakeResponse(const FakeResponse&)> then) {
    return [then](std::size_t number, const FakeRequest&, const FakeResponse& proper) {
        return number == 0 ? cut(proper, k_size / 2) : then(proper);
    };
}

/// A 401 that sends to a token server; "" is the registry's own.
static FakeResponse challenge(const FakeRequest& request, const std::string& realm = {}) {
    const auto own =
        fmt::format("{}://{}/token", request.header("x-scheme"), request.header("host"));
    return with_header({.status = 401}, "WWW-Authenticate",
                       fmt::format("Bearer realm=\"{}\"", realm.empty() ? own : realm));
}

static bool has_token(const FakeRequest& request) {
    return request.header("authorization") == "Bearer t";
}

static FakeResponse redirect(const FakeRequest& request) {
    return with_header({.status = 307}, "Location", request.header("x-elsewhere") + "/elsewhere");
}

const std::vector<Fault>& faults() {
    static const std::vector<Fault> all = {
        {"a connection cut in the middle",
         "goes on from there",
         at_first([](const auto& proper) { return cut(proper, k_size / 2); }),
         {},
         "",
         2,
         0},
        {"a connection cut after every tenth",
         "goes on each time",
         [](std::size_t, const FakeRequest&, const FakeResponse& proper) {
             return cut(proper, k_size / 10);
         },
         {},
         "",
         10,
         0},
        {"a connection cut before the first byte, every time", "given up after nine requests",
         [](std::size_t, const FakeRequest&, const FakeResponse& proper) { return cut(proper, 0); },
         ErrorKind::network, "cut after 0 bytes (tried 9 times)", 9, 0},
        {"a stall in the middle",
         "noticed, then goes on from there",
         at_first([](auto proper) {
             proper.stall_after = k_size / 2;
             return proper;
         }),
         {},
         "",
         2,
         0,
         1s},
        {"a connection that slows down to ten bytes a second",
         "the same",
         at_first([](auto proper) {
             proper.trickle_after = k_size / 2;
             return proper;
         }),
         {},
         "",
         2,
         0,
         1s},
        {"503 four times",
         "waited for",
         [](std::size_t number, const FakeRequest&, const FakeResponse& proper) {
             return number < 4 ? status(503) : proper;
         },
         {},
         "",
         5,
         0},
        {"503 for good", "given up after nine requests", always(status(503)), ErrorKind::network,
         "503", 9, 0},
        {"429 with Retry-After: 2",
         "two seconds are waited",
         at_first([](const auto&) { return status(429, "2"); }),
         {},
         "",
         2,
         0,
         2s},
        {"429 with Retry-After: 6 hours", "given up at once, with the time",
         always(status(429, "21600")), ErrorKind::busy, "too many requests", 1, 0},
        {"408 and 425",
         "asked again",
         [](std::size_t number, const FakeRequest&, const FakeResponse& proper) {
             return number < 2 ? status(number == 0 ? 408 : 425) : proper;
         },
         {},
         "",
         3,
         0},
        {"404", "given up at once", always(status(404)), ErrorKind::not_found, "does not have it",
         1, 0},
        {"Range is ignored when going on",
         "what is there is skipped",
         cut_and_then([](const auto&) { return whole(blob_bytes()); }),
         {},
         "",
         2,
         k_size / 2},
        {"Range is ignored, and every answer is cut at the same place",
         "given up: what comes once more is no progress",
         [](std::size_t, const FakeRequest&, const FakeResponse&) {
             return cut(whole(blob_bytes()), k_size / 2);
         },
         ErrorKind::network, "(tried 9 times)", 9, 4 * k_size},
        {"Content-Range with another start",
         "refused; all of it is asked for, what is there is "
         "skipped",
         [](std::size_t number, const FakeRequest& request, const FakeResponse& proper) {
             if (number == 0)
                 return cut(proper, k_size / 2);
             return request.header("range").empty()
                        ? proper
                        : with_header(proper, "Content-Range", "bytes 0-499999/1000000");
         },
         {},
         "",
         3,
         k_size},
        {"Content-Range with another total",
         "the same",
         [](std::size_t number, const FakeRequest& request, const FakeResponse& proper) {
             if (number == 0)
                 return cut(proper, k_size / 2);
             return request.header("range").empty()
                        ? proper
                        : with_header(proper, "Content-Range", "bytes 500000-999999/1000001");
         },
         {},
         "",
         3,
         k_size},
        {"206 without Content-Range",
         "the same",
         [](std::size_t number, const FakeRequest& request, const FakeResponse& proper) {
             if (number == 0)
                 return cut(proper, k_size / 2);
             auto answer = proper;
             if (!request.header("range").empty())
                 answer.headers.clear();
             return answer;
         },
         {},
         "",
         3,
         k_size},
        {"416 when going on",
         "all of it is asked for",
         [](std::size_t number, const FakeRequest& request, const FakeResponse& proper) {
             if (number == 0)
                 return cut(proper, k_size / 2);
             return request.header("range").empty() ? proper : status(416);
         },
         {},
         "",
         3,
         k_size / 2},
        {"a part that ends early",
         "the rest is asked for",
         [](std::size_t number, const FakeRequest&, const FakeResponse& proper) {
             if (number == 0)
                 return cut(proper, k_size / 2);
             if (number > 1)
                 return proper;
             auto shorter = with_header(proper, "Content-Range", "bytes 500000-749999/1000000");
             shorter.body.resize(k_size / 4);
             return shorter;
         },
         {},
         "",
         3,
         0},
        {"206 to a request for all of it", "refused",
         always(with_header({.status = 206, .body = "x"}, "Content-Range", "bytes 0-0/1000000")),
         ErrorKind::network, "206", 1, 0},
        {"fewer bytes announced", "refused before the first", always(whole("short")),
         ErrorKind::integrity, "announces 5 bytes instead of 1000000", 1, 0},
        {"more bytes announced", "refused before the first", always(whole(blob_bytes() + "x")),
         ErrorKind::integrity, "more than the 1000000 bytes", 1, 0},
        {"more bytes sent than fit, without announcement", "refused at the first too many",
         always({.body = blob_bytes() + "x", .announce_length = false}), ErrorKind::integrity,
         "more than the 1000000 bytes", 1, k_size},
        {"wrong bytes once",
         "fetched once more",
         at_first([](const auto&) { return whole(damaged()); }),
         {},
         "",
         2,
         k_size},
        {"a token that is wanted in the middle",
         "fetched, then goes on from there",
         [](std::size_t number, const FakeRequest& request, const FakeResponse& proper) {
             if (number == 0)
                 return cut(proper, k_size / 2);
             return has_token(request) ? proper : challenge(request);
         },
         {},
         "",
         3,
         0},
        {"a token that is good for one request, and a 503 to that",
         "a new token, and no refusal",
         [](std::size_t number, const FakeRequest& request, const FakeResponse& proper) {
             if (number == 1)
                 return status(503);
             return number == 3 ? proper : challenge(request);
         },
         {},
         "",
         4,
         0},
        {"a token that is of no use", "refused",
         [](std::size_t, const FakeRequest& request, const FakeResponse&) {
             return challenge(request);
         },
         ErrorKind::denied, "", 2, 0},
        {"a token server without encryption on another machine", "never asked",
         [](std::size_t, const FakeRequest& request, const FakeResponse&) {
             return challenge(request, "http://auth.example/token");
         },
         ErrorKind::denied, "without encryption", 1, 0},
        {"a redirect to another server, with a token",
         "followed; the other server is not shown the token",
         [](std::size_t, const FakeRequest& request, const FakeResponse&) {
             return has_token(request) ? redirect(request) : challenge(request);
         },
         {},
         "",
         2,
         0},
        {"a redirect to another server after a cut",
         "goes on there",
         [](std::size_t number, const FakeRequest& request, const FakeResponse& proper) {
             return number == 0 ? cut(proper, k_size / 2) : redirect(request);
         },
         {},
         "",
         2,
         0},
        {"a redirect to itself", "followed ten times",
         [](std::size_t, const FakeRequest& request, const FakeResponse&) {
             return with_header({.status = 307}, "Location", request.target);
         },
         ErrorKind::network, "redirects more than 10 times", 11, 0},
        {"a 503, a cut and a token, one after the other",
         "waited for, gone on from, fetched",
         [](std::size_t number, const FakeRequest& request, const FakeResponse& proper) {
             if (number < 2)
                 return number == 0 ? status(503) : cut(proper, k_size / 2);
             return has_token(request) ? proper : challenge(request);
         },
         {},
         "",
         4,
         0},
        {"429 with Retry-After: 2 in the middle",
         "two seconds are waited, then goes on from there",
         [](std::size_t number, const FakeRequest&, const FakeResponse& proper) {
             if (number == 0)
                 return cut(proper, k_size / 2);
             return number == 1 ? status(429, "2") : proper;
         },
         {},
         "",
         3,
         0,
         2s},
        {"wrong bytes once, and a cut when they are fetched again",
         "goes on from there",
         [](std::size_t number, const FakeRequest&, const FakeResponse& proper) {
             if (number == 0)
                 return whole(damaged());
             return number == 1 ? cut(proper, k_size / 2) : proper;
         },
         {},
         "",
         3,
         k_size},
        {"Range is ignored when going on, and the bytes are wrong",
         "fetched once more",
         [](std::size_t number, const FakeRequest&, const FakeResponse& proper) {
             if (number == 0)
                 return cut(proper, k_size / 2);
             return number == 1 ? whole(damaged()) : proper;
         },
         {},
         "",
         3,
         3 * k_size / 2},
        {"a web page instead of the blob", "refused before the first byte",
         always(with_header(whole("<html>Welcome</html>"), "Content-Type", "text/html")),
         ErrorKind::integrity, "announces 20 bytes", 1, 0},
        {"wrong bytes always", "fetched once more, then refused with both digests",
         always(whole(damaged())), ErrorKind::integrity, "instead of sha256:", 2, k_size},
    };
    return all;
}

} // namespace aic::registry
