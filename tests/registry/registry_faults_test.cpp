// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "registry/blob_download.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/fake_tls.hpp"
#include "tests/support/temp_dir.hpp"

#include <atomic>
#include <cstdlib>

namespace aic::registry {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::FakeRegistry;
using testing::FakeRequest;
using testing::FakeResponse;

/// What the registry makes of the answer to the `number`th request for the blob, from 0. Below its
/// "/token" there is a token "t" for everybody, and at "/elsewhere" stands the blob.
using Misbehaviour = std::function<FakeResponse(std::size_t number, const FakeRequest& request,
                                                const FakeResponse& proper)>;

/// A way in which a registry or a network fails, and what has to come of it.
struct Fault {
    const char* name;
    const char* outcome;
    Misbehaviour answer;
    std::optional<ErrorKind> error; ///< nothing when the blob arrives
    const char* said;               ///< in the error's message
    std::size_t requests;           ///< for the blob
    std::size_t bytes_twice;        ///< at most
    std::chrono::milliseconds at_least = 0ms;
};

/// For GoogleTest.
static void PrintTo(const Fault& fault, std::ostream* out) {
    *out << fault.name;
}

constexpr std::size_t k_size = 1'000'000;

static const std::string& blob_bytes() {
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

static const std::vector<Fault>& faults() {
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

/// Each fault plainly, and through TLS with an authority of the site's own.
class RegistryFaultsTest : public ::testing::TestWithParam<std::tuple<Fault, bool>> {
protected:
    RegistryFaultsTest() {
        const auto directory =
            dir_ / ".config/containers/certs.d" / registry_.server().host_and_port();
        if (tls_) {
            fs::create_directories(directory);
            write_file(directory / "ca.crt", tls_->certificate_pem());
        }
        registry_.script("/token", FakeResponse{.body = R"({"token":"t"})"});
    }

    void download(const oci::Descriptor& blob) {
        const auto reference = oci::Reference::parse(registry_.reference("1"));
        RetryPolicy policy{.first_delay = 1ms, .longest_delay = 5ms};
        policy.progress_bytes = 300'000; // in several answers
        policy.stall_time = 1s;
        Places places(*reference.registry(), Config{},
                      testing::fake_environment({{"HOME", dir_.path().native()}}), policy);
        download_blobs(places, std::vector<BlobRequest>{{blob}}, spool_,
                       [](std::size_t, const BlobFile&) {}, {});
    }

    const testing::TempDir dir_;
    const fs::path spool_ = dir_ / "spool";
    const std::shared_ptr<const testing::FakeTls> tls_ =
        std::get<bool>(GetParam()) ? std::make_shared<const testing::FakeTls>() : nullptr;
    std::atomic<std::size_t> sent_bytes_ = 0; ///< of the blob, by either
    FakeRegistry registry_{tls_};
    /// Another origin, which must never be shown who we are; through TLS it is trusted as well.
    const testing::FakeServer elsewhere_{[this](const FakeRequest& request) {
                                             auto response =
                                                 testing::ranged_response(request, blob_bytes());
                                             sent_bytes_ += response.body.size();
                                             return response;
                                         },
                                         tls_};
};

TEST_P(RegistryFaultsTest, comes_out_as_the_table_says) {
    const auto& fault = std::get<Fault>(GetParam());
    const auto blob = registry_.add_blob(blob_bytes());
    std::atomic<std::size_t> requests = 0;
    registry_.script(FakeRegistry::blob_path(blob.digest), [&](FakeRequest request) {
        request.headers["x-scheme"] = tls_ ? "https" : "http";
        request.headers["x-elsewhere"] = elsewhere_.url();
        auto response =
            fault.answer(requests++, request, testing::ranged_response(request, blob_bytes()));
        if (response.status < 300)
            sent_bytes_ += std::min({response.body.size(), response.cut_after.value_or(k_size),
                                     response.stall_after.value_or(k_size)});
        return response;
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto error = testing::error_thrown_by([&] { download(blob); });
    const auto elapsed = std::chrono::steady_clock::now() - begin;
    if (fault.error) {
        EXPECT_TRUE(testing::is_error(error, *fault.error, fault.said));
    } else {
        EXPECT_FALSE(error) << error->message();
        EXPECT_LE(sent_bytes_, k_size + fault.bytes_twice);
    }
    EXPECT_EQ(read_file_if_exists(spool_ / blob.digest.hex(), 2 * k_size),
              fault.error ? std::nullopt : std::optional(blob_bytes()));
    EXPECT_EQ(requests, fault.requests);
    for (const auto& request : elsewhere_.requests())
        EXPECT_EQ(request.header("authorization"), "");
    EXPECT_GE(elapsed, fault.at_least);
    // libcurl takes the mean of some five seconds for the speed.
    EXPECT_LT(elapsed, fault.at_least + 15s);
}

INSTANTIATE_TEST_SUITE_P(Faults, RegistryFaultsTest,
                         ::testing::Combine(::testing::ValuesIn(faults()), ::testing::Bool()));

static std::string kind_of(const Fault& fault) {
    return fault.error ? std::string(name_of(*fault.error)) : "arrives";
}

static std::string document() {
    std::string text =
        "# What registries and networks do, and what comes of it\n\n"
        "Written by `registry_faults_test` (`AIC_TEST_ACCEPT=1` writes it again), which does each "
        "of these to a blob of 1 MB,\nplainly and through TLS, and checks what is said here. "
        "*Twice* "
        "is how much of the blob may be sent a second time.\n\n"
        "| what happens | what comes of it | ends | requests | twice |\n|---|---|---|---|---|\n";
    for (const auto& fault : faults())
        text +=
            fmt::format("| {} | {} | {} | {} | {} |\n", fault.name, fault.outcome, kind_of(fault),
                        fault.requests,
                        fault.error ? "–" : fmt::format("{} %", fault.bytes_twice * 100 / k_size));
    return text;
}

TEST(RegistryFaultsDocument, is_what_the_tests_declare) {
    const fs::path path = fs::path(AIC_SOURCE_DIR) / "docs" / "registry-faults.md";
    if (std::getenv("AIC_TEST_ACCEPT"))
        write_file(path, document());
    EXPECT_EQ(read_file_if_exists(path, 1 << 20), document());
}

} // namespace aic::registry
