// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"
#include "tests/support/blob_download_fixture.hpp"
#include "tests/support/expect_error.hpp"

#include <thread>

namespace aic::registry {

/// What fails for the moment, breaks off or is stopped.
class BlobResumeTest : public BlobDownloadTest {};

TEST_F(BlobResumeTest, what_passes_is_waited_for) {
    policy_ = {.first_delay = std::chrono::milliseconds(1)};
    const auto blob = registry_.add_blob("hello");
    std::vector<FakeResponse> answers = {
        {.status = 503}, {.body = "hello", .cut_after = 2}, {.body = "hello"}};
    std::size_t count = 0;
    registry_.script(FakeRegistry::blob_path(blob.digest),
                     [&](const FakeRequest&) { return answers.at(count++); });
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(content(blob), "hello");
    EXPECT_EQ(files(), 1U);
}

TEST_F(BlobResumeTest, a_cut_costs_about_the_first_delay) {
    policy_ = {.first_delay = std::chrono::seconds(1)};
    const auto blob = registry_.add_blob("hello");
    cut_blob(blob, "hello", 1, 2);
    const auto begin = std::chrono::steady_clock::now();
    download({{blob}});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2500));
}

TEST_F(BlobResumeTest, a_blob_that_never_moves_is_given_up_and_what_came_is_kept) {
    policy_ = {.max_attempts = 3, .first_delay = std::chrono::milliseconds(1)};
    const std::string bytes(600'000, 'a');
    const auto blob = registry_.add_blob(bytes);
    registry_.script(FakeRegistry::blob_path(blob.digest), [&](const FakeRequest& request) {
        auto response = testing::ranged_response(request, bytes);
        response.cut_after = request.header("range").empty() ? 400'000 : 0;
        return response;
    });
    const auto error = testing::error_thrown_by([&] { download({{blob}}); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::network, "cut"));
    EXPECT_EQ(error->hint(), "kept 400 kB; the same command goes on");
    EXPECT_EQ(requests_for(blob), 4U);
}

TEST_F(BlobResumeTest, a_cut_that_looks_like_an_end_is_gone_on_from) {
    const auto blob = registry_.add_blob("hello");
    registry_.script(FakeRegistry::blob_path(blob.digest), [](const FakeRequest& request) {
        return request.header("range").empty()
                   ? FakeResponse{.body = "hel", .announce_length = false}
                   : testing::ranged_response(request, "hello");
    });
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
    EXPECT_EQ(requests_for(blob), 2U);
}

TEST_F(BlobResumeTest, a_stop_ends_a_wait) {
    policy_ = {};
    const auto blob = registry_.add_blob("hello");
    answer_blob(blob, {.status = 429, .headers = {{"Retry-After", "300"}}});
    std::stop_source stop;
    std::jthread stopper([&] {
        while (requests_for(blob) == 0)
            std::this_thread::yield();
        stop.request_stop();
    });
    EXPECT_ERROR(ErrorKind::interrupted, download({{blob}}, stop.get_token()));
    EXPECT_EQ(requests_for(blob), 1U);
}

TEST_F(BlobResumeTest, a_host_has_one_budget_for_all_blobs) {
    policy_ = {.max_attempts = 100, .first_delay = std::chrono::milliseconds(1), .host_budget = 6};
    std::vector<BlobRequest> blobs;
    for (const char* bytes : {"a", "b", "c"}) {
        blobs.push_back({registry_.add_blob(bytes)});
        answer_blob(blobs.back().descriptor, {.status = 503});
    }
    EXPECT_ERROR(ErrorKind::network, download(blobs));
    EXPECT_LE(registry_.server().requests().size(), 9U);
}

TEST_F(BlobResumeTest, what_was_left_is_believed_only_as_far_as_its_digest) {
    const std::string bytes(600'000, 'a');
    const auto blob = registry_.add_blob(bytes);
    answer_blob(blob, {.body = std::string(600'000, 'b'), .cut_after = 400'000});
    EXPECT_ERROR(ErrorKind::network, download({{blob}}));
    cut_blob(blob, bytes, 0, 0);
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(content(blob), bytes);
    EXPECT_EQ(requests_for(blob), 3U); // the rest, and then all of it
}

TEST_F(BlobResumeTest, what_came_before_a_failure_is_not_downloaded_again) {
    const auto bytes = std::string(300'000, 'a') + std::string(300'000, 'b');
    const auto blob = registry_.add_blob(bytes);
    answer_blob(blob, {.body = bytes, .cut_after = 400'000});
    EXPECT_ERROR(ErrorKind::network, download({{blob}}));
    std::string asked;
    registry_.script(FakeRegistry::blob_path(blob.digest), [&](const FakeRequest& request) {
        asked = request.header("range");
        return testing::ranged_response(request, bytes);
    });
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(asked, "bytes=400000-599999");
    EXPECT_EQ(content(blob), bytes);
    EXPECT_EQ(files(), 1U);
}

TEST_F(BlobResumeTest, a_token_that_dies_in_the_middle_is_renewed_and_the_blob_goes_on) {
    policy_ = {.first_delay = std::chrono::milliseconds(1)};
    const std::string bytes(600'000, 'a');
    const auto blob = registry_.add_blob(bytes);
    const auto challenge = fmt::format(R"(Bearer realm="{}/token")", registry_.server().url());
    int tokens = 0;
    registry_.script("/token", [&](const FakeRequest&) {
        return FakeResponse{.body = fmt::format(R"({{"token":"t{}"}})", ++tokens)};
    });
    std::vector<std::string> asked;
    registry_.script(FakeRegistry::blob_path(blob.digest), [&](const FakeRequest& request) {
        const bool is_second_half = !request.header("range").empty();
        if (request.header("authorization") != (is_second_half ? "Bearer t2" : "Bearer t1"))
            return FakeResponse{.status = 401, .headers = {{"WWW-Authenticate", challenge}}};
        asked.push_back(request.header("range"));
        auto response = testing::ranged_response(request, bytes);
        if (!is_second_half)
            response.cut_after = 300'000;
        return response;
    });
    download({{blob}});
    EXPECT_EQ(content(blob), bytes);
    EXPECT_EQ(tokens, 2);
    EXPECT_EQ(asked, (std::vector<std::string>{"", "bytes=300000-599999"}));
}

TEST_F(BlobResumeTest, going_on_starts_at_the_registry_and_the_second_origin_sees_no_credential) {
    policy_ = {.first_delay = std::chrono::milliseconds(1)};
    const std::string bytes(600'000, 'a');
    const FakeServer cdn([&](const FakeRequest& request) {
        auto response = testing::ranged_response(request, bytes);
        if (request.header("range").empty())
            response.cut_after = 300'000;
        return response;
    });
    const auto blob = registry_.add_blob(bytes);
    answer_blob(blob, {.status = 307, .headers = {{"Location", cdn.url() + "/x?signature=s"}}});
    registry_.script("/token", FakeResponse{.body = R"({"token":"good"})"});
    registry_.require("Bearer good",
                      {fmt::format(R"(Bearer realm="{}/token")", registry_.server().url())});
    download({{blob}});
    EXPECT_EQ(content(blob), bytes);
    EXPECT_EQ(requests_for(blob), 3U); // one of them for the challenge
    const auto requests = cdn.requests();
    ASSERT_EQ(requests.size(), 2U);
    for (const auto& request : requests)
        EXPECT_EQ(request.header("authorization"), "");
    EXPECT_EQ(requests[1].header("range"), "bytes=300000-599999");
}

TEST_F(BlobResumeTest, a_stop_keeps_what_came_and_says_so) {
    const std::string bytes(600'000, 'a');
    const auto blob = registry_.add_blob(bytes);
    answer_blob(blob, {.body = bytes, .stall_after = 400'000});
    std::vector<std::string> messages;
    set_log_handler([&](LogLevel, const std::string& message) { messages.push_back(message); });
    std::stop_source stop;
    Progress progress;
    auto& item = progress.add("", blob.size_bytes);
    std::jthread stopper([&] {
        while (item.fetched_bytes < 400'000)
            std::this_thread::yield();
        stop.request_stop();
    });
    EXPECT_ERROR(ErrorKind::interrupted, download({{blob, &item}}, stop.get_token()));
    set_log_handler({});
    EXPECT_THAT(messages, ::testing::Contains("kept 400 kB; the same command goes on"));
    EXPECT_EQ(files(), 2U); // the bytes and what is claimed of them
}

TEST_F(BlobResumeTest, a_stop_leaves_no_partial_file) {
    const auto blob = registry_.add_blob("hello");
    answer_blob(blob, {.silent = true});
    std::stop_source stop;
    std::jthread stopper([&] {
        while (requests_for(blob) == 0)
            std::this_thread::yield();
        stop.request_stop();
    });
    EXPECT_ERROR(ErrorKind::interrupted, download({{blob}}, stop.get_token()));
    EXPECT_EQ(files(), 0U);
}

} // namespace aic::registry
