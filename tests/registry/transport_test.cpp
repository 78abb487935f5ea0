// SPDX-License-Identifier: Apache-2.0
#include "registry/peer.hpp"
#include "registry/transport.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/full_listener.hpp"
#include "tests/support/loopback.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

namespace aic::registry {

using testing::FakeRequest;
using testing::FakeResponse;
using testing::FakeServer;

/// One request whose answer is kept.
class Ask final : public Exchange {
public:
    Ask(Request request, Peer& peer) : request_(std::move(request)), peer_(peer) {}

    std::string description() const override { return "asking"; }

    Peer& peer() override { return peer_; }

    Request first() override { return request_; }

    std::optional<Request> next(Answer& answer) override {
        answer_ = std::move(answer);
        return std::nullopt;
    }

    const Answer& answer() const { return *answer_; }

private:
    const Request request_;
    Peer& peer_;
    std::optional<Answer> answer_;
};

constexpr RetryPolicy k_once{.max_attempts = 0};
constexpr RetryPolicy k_soon{.first_delay = std::chrono::milliseconds(1)};

static Answer ask(Request request, std::stop_token stop = {}, const RetryPolicy& policy = k_once) {
    Transport transport;
    Peer peer(request.url.origin(), {}, policy);
    Ask exchange(std::move(request), peer);
    Exchange* const one = &exchange;
    transport.run({&one, 1}, stop);
    return exchange.answer();
}

static Request get(const std::string& url) {
    return {.url = Url::parse(url)};
}

TEST(TransportTest, an_answer_comes_with_status_headers_and_body) {
    const FakeServer server([](const FakeRequest& request) {
        EXPECT_EQ(request.header("x-test"), "1");
        EXPECT_EQ(request.header("accept-encoding"), "identity");
        return FakeResponse{.status = 200, .headers = {{"A", "1"}, {"a", "2"}}, .body = "hello"};
    });
    auto request = get(server.url() + "/x?y=z");
    request.headers = {"X-Test: 1"};
    const auto answer = ask(request);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.header("A"), "1");
    EXPECT_EQ(answer.all_headers("a"), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(answer.header("b"), std::nullopt);
    EXPECT_EQ(server.requests()[0].target, "/x?y=z");
}

TEST(TransportTest, a_head_has_no_body) {
    const FakeServer server([](const FakeRequest&) { return FakeResponse{.body = "hello"}; });
    auto request = get(server.url());
    request.method = Method::head;
    EXPECT_EQ(ask(request).body, "");
    EXPECT_EQ(server.requests()[0].method, "HEAD");
}

TEST(TransportTest, authorization_stays_with_its_origin) {
    const FakeServer elsewhere([](const FakeRequest&) { return FakeResponse{.body = "there"}; });
    const FakeServer server([&](const FakeRequest& request) {
        if (request.path() == "/start")
            return FakeResponse{.status = 302, .headers = {{"Location", "/own"}}};
        return FakeResponse{.status = 307, .headers = {{"Location", elsewhere.url() + "/x"}}};
    });
    auto request = get(server.url() + "/start");
    request.authorization = Secret("Bearer t");
    EXPECT_EQ(ask(request).body, "there");
    EXPECT_EQ(server.requests()[0].header("authorization"), "Bearer t");
    EXPECT_EQ(server.requests()[1].header("authorization"), "Bearer t");
    EXPECT_EQ(elsewhere.requests()[0].header("authorization"), "");
}

TEST(TransportTest, redirects_have_an_end) {
    const FakeServer server([](const FakeRequest&) {
        return FakeResponse{.status = 301, .headers = {{"Location", "/again"}}};
    });
    EXPECT_ERROR_SAYING(ErrorKind::network, "more than 10 times", ask(get(server.url())));
    EXPECT_EQ(server.requests().size(), 11U);
}

TEST(TransportTest, a_redirect_to_something_else_than_the_web_is_refused) {
    const FakeServer server([](const FakeRequest&) {
        return FakeResponse{.status = 302, .headers = {{"Location", "file:///etc/passwd"}}};
    });
    EXPECT_ERROR(ErrorKind::network, ask(get(server.url())));
}

TEST(TransportTest, a_body_beyond_the_limit_is_refused_announced_or_not) {
    for (const bool announced : {true, false}) {
        const FakeServer server([&](const FakeRequest&) {
            return FakeResponse{.body = std::string(1000, 'x'), .announce_length = announced};
        });
        auto request = get(server.url());
        request.limit_bytes = 999;
        EXPECT_ERROR_SAYING(ErrorKind::integrity, "more than the 999 bytes", ask(request));
        request.limit_bytes = 1000;
        EXPECT_EQ(ask(request).body.size(), 1000U);
    }
}

TEST(TransportTest, of_an_error_page_only_the_beginning_is_kept) {
    const FakeServer server([](const FakeRequest&) {
        return FakeResponse{.status = 500, .body = std::string(1'000'000, 'x')};
    });
    EXPECT_EQ(ask(get(server.url())).body.size(), 65536U);
}

TEST(TransportTest, a_cut_connection_is_a_network_error) {
    const FakeServer server(
        [](const FakeRequest&) { return FakeResponse{.body = "hello", .cut_after = 3}; });
    EXPECT_ERROR_SAYING(ErrorKind::network, "cut after 3 bytes", ask(get(server.url())));
}

TEST(TransportTest, what_fails_for_the_moment_is_asked_for_again) {
    const FakeResponse passing[] = {{.status = 503},
                                    {.status = 429},
                                    {.status = 408},
                                    {.body = "hello", .cut_after = 3},
                                    {.body = "hello", .cut_after = 0}};
    std::size_t count = 0;
    const FakeServer server([&](const FakeRequest&) {
        return count < std::size(passing) ? passing[count++] : FakeResponse{.body = "hello"};
    });
    EXPECT_EQ(ask(get(server.url()), {}, k_soon).body, "hello");
    EXPECT_EQ(server.requests().size(), std::size(passing) + 1);
}

TEST(TransportTest, what_keeps_failing_is_told_after_so_many_attempts) {
    const FakeServer server(
        [](const FakeRequest&) { return FakeResponse{.body = "hello", .cut_after = 3}; });
    EXPECT_ERROR_SAYING(ErrorKind::network, "cut after 3 bytes (tried 9 times)",
                        ask(get(server.url()), {}, k_soon));
    EXPECT_EQ(server.requests().size(), 9U);
}

TEST(TransportTest, a_503_that_stays_is_the_answer) {
    const FakeServer server([](const FakeRequest&) { return FakeResponse{.status = 503}; });
    EXPECT_EQ(ask(get(server.url()), {}, k_soon).status, 503);
    EXPECT_EQ(server.requests().size(), 9U);
}

TEST(TransportTest, retry_after_holds_for_all_requests_to_the_host) {
    using Clock = std::chrono::steady_clock;
    std::vector<Clock::time_point> times;
    const FakeServer server([&](const FakeRequest&) {
        times.push_back(Clock::now());
        return times.size() == 1 ? FakeResponse{.status = 429, .headers = {{"Retry-After", "2"}}}
                                 : FakeResponse{.body = "hello"};
    });
    Transport transport;
    Peer peer(Url::parse(server.url()).origin(), {}, k_soon);
    std::vector<std::unique_ptr<Ask>> asks;
    std::vector<Exchange*> all;
    for (int i = 0; i < 40; ++i) {
        asks.push_back(std::make_unique<Ask>(get(server.url()), peer));
        all.push_back(asks.back().get());
    }
    transport.run(all, {});
    ASSERT_EQ(times.size(), 41U);
    // What was under way when it was said (six at once) comes at once, all the others afterwards.
    const auto is_early = [&](const auto& time) {
        return time - times[0] < std::chrono::seconds(2);
    };
    EXPECT_LE(std::ranges::count_if(times, is_early), 12);
    EXPECT_LT(times.back() - times[0], std::chrono::seconds(6));
}

/// Ends each connection when the first bytes of a handshake have come.
class CutHandshakes {
public:
    CutHandshakes() {
        thread_ = std::jthread([this] {
            while (true) {
                const Fd client(::accept(listener_.fd.get(), nullptr, nullptr));
                if (!client)
                    return;
                ++count_;
                char byte = 0;
                (void)::read(client.get(), &byte, 1);
            }
        });
    }

    CutHandshakes(const CutHandshakes&) = delete;
    CutHandshakes& operator=(const CutHandshakes&) = delete;

    ~CutHandshakes() { ::shutdown(listener_.fd.get(), SHUT_RDWR); }

    std::string url() const { return fmt::format("https://{}/", listener_.host_and_port()); }

    int count() const { return count_; }

private:
    testing::LoopbackListener listener_{16};
    std::atomic<int> count_ = 0;
    std::jthread thread_;
};

TEST(TransportTest, a_handshake_that_is_cut_is_tried_again) {
    const CutHandshakes server;
    EXPECT_ERROR(ErrorKind::network, ask(get(server.url()), {}, k_soon));
    EXPECT_EQ(server.count(), 3);
}

TEST(TransportTest, who_asks_to_wait_for_hours_is_not_waited_for) {
    const FakeServer server([](const FakeRequest&) {
        return FakeResponse{.status = 429, .headers = {{"Retry-After", "21600"}}};
    });
    EXPECT_EQ(ask(get(server.url()), {}, k_soon).status, 429);
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST(TransportTest, a_stall_is_noticed_and_the_request_repeated) {
    std::size_t count = 0;
    const FakeServer server([&](const FakeRequest&) {
        return count++ == 0 ? FakeResponse{.silent = true} : FakeResponse{.body = "hello"};
    });
    auto policy = k_soon;
    policy.stall_time = std::chrono::seconds(1);
    EXPECT_EQ(ask(get(server.url()), {}, policy).body, "hello");
    EXPECT_EQ(count, 2U);
}

TEST(TransportTest, a_stop_ends_the_wait_for_a_repetition) {
    const FakeServer server([](const FakeRequest&) {
        return FakeResponse{.status = 429, .headers = {{"Retry-After", "60"}}};
    });
    std::stop_source stop;
    std::jthread stopper([&] {
        while (server.requests().empty())
            std::this_thread::yield();
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_ERROR(ErrorKind::interrupted, ask(get(server.url()), stop.get_token(), k_soon));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(TransportTest, nobody_there_is_a_network_error_with_a_hint) {
    const auto error = testing::error_thrown_by([] { ask(get("http://127.0.0.1:1/")); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::network, "asking: connecting to 127.0.0.1"));
    EXPECT_FALSE(error->hint().empty());
}

TEST(TransportTest, who_speaks_no_tls_is_named_with_what_to_do) {
    const testing::LoopbackListener listener(4);
    const std::jthread server([&] {
        const Fd client(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
        constexpr std::string_view k_answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
        ::send(client.get(), k_answer.data(), k_answer.size(), MSG_NOSIGNAL);
        std::array<char, 1024> hello;
        while (::recv(client.get(), hello.data(), hello.size(), 0) > 0)
            continue;
    });
    const auto error = testing::error_thrown_by(
        [&] { ask(get(fmt::format("https://{}/", listener.host_and_port()))); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::network, "does not speak TLS"));
    EXPECT_THAT(error->hint(), ::testing::HasSubstr("insecure_registries"));
}

TEST(TransportTest, where_no_connection_comes_about_is_said_in_time_and_not_waited_for) {
    const testing::FullListener nobody;
    auto policy = k_soon;
    policy.connect_time = std::chrono::seconds(1);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_ERROR_SAYING(ErrorKind::network, "connecting to 127.0.0.1",
                        ask(get(nobody.url()), {}, policy));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1900));
}

TEST(TransportTest, no_route_is_said_within_ten_seconds) {
    const testing::FullListener nobody;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_ERROR_SAYING(ErrorKind::network, "connecting to 127.0.0.1",
                        ask(get(nobody.url()), {}, RetryPolicy{}));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(TransportTest, what_a_sink_throws_comes_out_whole) {
    struct Full final : Sink {
        void write(std::span<const std::byte>) override {
            throw Error(ErrorKind::no_space, "full");
        }
    };

    const FakeServer server([](const FakeRequest&) { return FakeResponse{.body = "hello"}; });
    Full sink;
    auto request = get(server.url());
    request.sink = &sink;
    EXPECT_ERROR_SAYING(ErrorKind::no_space, "asking: full", ask(request));
}

TEST(TransportTest, a_stop_ends_waiting_within_100_ms) {
    const FakeServer server([](const FakeRequest&) { return FakeResponse{.silent = true}; });
    std::stop_source stop;
    std::chrono::steady_clock::time_point asked;
    std::jthread stopper([&] {
        while (server.requests().empty())
            std::this_thread::yield();
        asked = std::chrono::steady_clock::now();
        stop.request_stop();
    });
    EXPECT_ERROR(ErrorKind::interrupted, ask(get(server.url()), stop.get_token()));
    stopper.join();
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::milliseconds(100));
}

TEST(TransportTest, many_conversations_share_the_loop_in_order_and_connections_are_kept) {
    const FakeServer server(
        [](const FakeRequest& request) { return FakeResponse{.body = request.path()}; });
    std::vector<std::unique_ptr<Ask>> asks;
    std::vector<Exchange*> all;
    Peer peer(Url::parse(server.url()).origin());
    for (int i = 0; i < 40; ++i) {
        asks.push_back(std::make_unique<Ask>(get(fmt::format("{}/{}", server.url(), i)), peer));
        all.push_back(asks.back().get());
    }
    Transport transport;
    transport.run(all, {});
    for (int i = 0; i < 40; ++i)
        EXPECT_EQ(asks[static_cast<std::size_t>(i)]->answer().body, fmt::format("/{}", i));
    transport.run({}, {});
}

} // namespace aic::registry
