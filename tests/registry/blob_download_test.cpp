// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/blob_download.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/temp_dir.hpp"

#include <atomic>
#include <thread>

namespace aic::registry {

namespace fs = std::filesystem;
using testing::FakeRegistry;
using testing::FakeRequest;
using testing::FakeResponse;
using testing::FakeServer;

class BlobDownloadTest : public ::testing::Test {
protected:
    /// Downloads into the spool; returns how each place in the list was reported.
    std::map<std::size_t, Verified> download(const std::vector<BlobRequest>& blobs,
                                             std::stop_token stop = {}) {
        const auto reference = oci::Reference::parse(registry_.reference("1"));
        Client client(*reference.registry(), Config{},
                      testing::fake_environment({{"HOME", "/nowhere"}}), policy_);
        std::map<std::size_t, Verified> reported;
        download_blobs(
            client, blobs, spool_,
            [&](std::size_t index, const BlobFile& file) {
                EXPECT_EQ(file.path, spool_ / blobs[index].descriptor.digest.hex());
                EXPECT_TRUE(reported.emplace(index, file.verified).second);
                arrival_ = file.arrival;
                is_reported_ = true;
            },
            stop);
        return reported;
    }

    std::string content(const oci::Descriptor& blob) const {
        return read_file_if_exists(spool_ / blob.digest.hex(), 100'000'000).value_or("(missing)");
    }

    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(spool_), {}));
    }

    std::size_t requests_for(const oci::Descriptor& blob) {
        return registry_.server().count(FakeRegistry::blob_path(blob.digest));
    }

    void answer_blob(const oci::Descriptor& blob, FakeResponse response) {
        registry_.script(FakeRegistry::blob_path(blob.digest), std::move(response));
    }

    /// The bytes of a blob as a server with ranges sends them; the first `cuts` answers break off
    /// after `cut_after` bytes.
    void cut_blob(const oci::Descriptor& blob, const std::string& bytes, int cuts,
                  std::size_t cut_after) {
        registry_.script(FakeRegistry::blob_path(blob.digest),
                         [bytes, cuts, cut_after](const FakeRequest& request) mutable {
                             auto response = testing::ranged_response(request, bytes);
                             if (cuts-- > 0)
                                 response.cut_after = cut_after;
                             return response;
                         });
    }

    const testing::TempDir dir_;
    const fs::path spool_ = dir_ / "spool";
    RetryPolicy policy_{.max_attempts = 0};
    std::shared_ptr<BlobArrival> arrival_; ///< of the last blob that was reported
    std::atomic<bool> is_reported_ = false;
    FakeRegistry registry_;
};

TEST_F(BlobDownloadTest, many_blobs_arrive_verified_with_their_progress) {
    Progress progress;
    std::vector<BlobRequest> blobs;
    for (int i = 0; i < 20; ++i) {
        const auto blob = registry_.add_blob(fmt::format("{:0{}}", i, 1 + i * 50'000));
        blobs.push_back({blob, &progress.add("", blob.size_bytes)});
    }
    const auto reported = download(blobs);
    ASSERT_EQ(reported.size(), blobs.size());
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        EXPECT_EQ(reported.at(i), Verified::yes);
        EXPECT_EQ(Digest(sha256_of(content(blobs[i].descriptor))), blobs[i].descriptor.digest);
        EXPECT_EQ(blobs[i].progress->fetched_bytes, blobs[i].descriptor.size_bytes);
    }
    EXPECT_EQ(files(), blobs.size());
}

TEST_F(BlobDownloadTest, an_empty_blob_is_a_blob) {
    const auto blob = registry_.add_blob("");
    EXPECT_EQ(download({{blob}}).size(), 1U);
    EXPECT_EQ(content(blob), "");
}

TEST_F(BlobDownloadTest, a_blob_that_is_wanted_twice_is_downloaded_once_and_reported_twice) {
    const auto blob = registry_.add_blob("hello");
    EXPECT_EQ(download({{blob}, {registry_.add_blob("other")}, {blob}}).size(), 3U);
    EXPECT_EQ(requests_for(blob), 1U);
}

TEST_F(BlobDownloadTest, a_finished_file_is_used_but_not_vouched_for) {
    const auto blob = registry_.add_blob("hello");
    download({{blob}});
    EXPECT_EQ(download({{blob}}).at(0), Verified::no);
    EXPECT_EQ(requests_for(blob), 1U);
}

TEST_F(BlobDownloadTest, a_file_of_the_wrong_size_is_replaced) {
    const auto blob = registry_.add_blob("hello");
    fs::create_directory(spool_);
    fs::permissions(spool_, fs::perms(0700));
    write_file(spool_ / blob.digest.hex(), "hell");
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(content(blob), "hello");
}

TEST_F(BlobDownloadTest, what_is_not_the_blob_leaves_nothing_behind) {
    struct Damage {
        FakeResponse response;
        ErrorKind kind;
        std::string said;
    };

    const auto blob = registry_.add_blob("hello");
    const Damage damages[] = {
        {{.body = "hallo"},
         ErrorKind::integrity,
         fmt::format("sent {0} instead of {1}, and {0} before", Digest(sha256_of("hallo")).str(),
                     blob.digest.str())},
        {{.body = "hell"}, ErrorKind::integrity, "announces 4 bytes instead of 5"},
        {{.body = "hell", .announce_length = false},
         ErrorKind::integrity,
         "sent 4 bytes instead of 5"},
        {{.body = "hello!"}, ErrorKind::integrity, "more than the 5 bytes"},
        {{.body = "hello!", .announce_length = false},
         ErrorKind::integrity,
         "more than the 5 bytes"},
        {{.body = "hello", .cut_after = 2}, ErrorKind::network, "cut after 2 bytes"},
        {{.status = 404}, ErrorKind::not_found, "does not have it"},
        {{.status = 503}, ErrorKind::network, "503"},
        {{.status = 206, .body = "hello"}, ErrorKind::network, "206"},
    };
    for (const auto& damage : damages) {
        answer_blob(blob, damage.response);
        const auto error = testing::error_thrown_by([&] { download({{blob}}); });
        EXPECT_TRUE(testing::is_error(error, damage.kind, damage.said));
        EXPECT_TRUE(error && error->message().starts_with("fetching " + blob.digest.str()));
        EXPECT_EQ(files(), 0U);
    }
}

TEST_F(BlobDownloadTest, what_passes_is_waited_for) {
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

TEST_F(BlobDownloadTest, a_cut_costs_about_the_first_delay) {
    policy_ = {.first_delay = std::chrono::seconds(1)};
    const auto blob = registry_.add_blob("hello");
    cut_blob(blob, "hello", 1, 2);
    const auto begin = std::chrono::steady_clock::now();
    download({{blob}});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2500));
}

TEST_F(BlobDownloadTest, a_blob_that_never_moves_is_given_up_and_what_came_is_kept) {
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

TEST_F(BlobDownloadTest, a_cut_that_looks_like_an_end_is_gone_on_from) {
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

TEST_F(BlobDownloadTest, a_stop_ends_a_wait) {
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

TEST_F(BlobDownloadTest, a_host_has_one_budget_for_all_blobs) {
    policy_ = {.max_attempts = 100, .first_delay = std::chrono::milliseconds(1), .host_budget = 6};
    std::vector<BlobRequest> blobs;
    for (const char* bytes : {"a", "b", "c"}) {
        blobs.push_back({registry_.add_blob(bytes)});
        answer_blob(blobs.back().descriptor, {.status = 503});
    }
    EXPECT_ERROR(ErrorKind::network, download(blobs));
    EXPECT_LE(registry_.server().requests().size(), 9U);
}

TEST_F(BlobDownloadTest, what_was_left_is_believed_only_as_far_as_its_digest) {
    const std::string bytes(600'000, 'a');
    const auto blob = registry_.add_blob(bytes);
    answer_blob(blob, {.body = std::string(600'000, 'b'), .cut_after = 400'000});
    EXPECT_ERROR(ErrorKind::network, download({{blob}}));
    cut_blob(blob, bytes, 0, 0);
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(content(blob), bytes);
    EXPECT_EQ(requests_for(blob), 3U); // the rest, and then all of it
}

TEST_F(BlobDownloadTest, a_redirect_to_another_origin_carries_no_authorization) {
    const FakeServer cdn([](const FakeRequest&) { return FakeResponse{.body = "hello"}; });
    const auto blob = registry_.add_blob("hello");
    answer_blob(blob, {.status = 307, .headers = {{"Location", cdn.url() + "/x?signature=s"}}});
    registry_.script("/token", FakeResponse{.body = R"({"token":"good"})"});
    registry_.require("Bearer good",
                      {fmt::format(R"(Bearer realm="{}/token")", registry_.server().url())});
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
    ASSERT_EQ(cdn.requests().size(), 1U);
    EXPECT_EQ(cdn.requests()[0].header("authorization"), "");
    EXPECT_EQ(registry_.server().requests().back().header("authorization"), "Bearer good");
}

TEST_F(BlobDownloadTest, foreign_layers_come_from_their_urls_when_the_registry_lacks_them) {
    const FakeServer elsewhere([](const FakeRequest& request) {
        return request.path() == "/good" ? FakeResponse{.body = "hello"}
                                         : FakeResponse{.status = 401};
    });
    auto blob = testing::descriptor_of("hello",
                                       "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    blob.urls = {"http://127.0.0.1:1/nobody", elsewhere.url() + "/bad", elsewhere.url() + "/good"};
    download({{blob}});
    EXPECT_EQ(requests_for(blob), 1U);
    EXPECT_EQ(content(blob), "hello");
    EXPECT_EQ(elsewhere.count("/good"), 1U);
}

TEST_F(BlobDownloadTest, urls_of_ordinary_layers_are_not_asked) {
    const FakeServer elsewhere([](const FakeRequest&) { return FakeResponse{.body = "hello"}; });
    auto blob = testing::descriptor_of("hello", "application/vnd.oci.image.layer.v1.tar");
    blob.urls = {elsewhere.url()};
    EXPECT_ERROR(ErrorKind::not_found, download({{blob}}));
    EXPECT_TRUE(elsewhere.requests().empty());
}

TEST_F(BlobDownloadTest, what_came_before_a_failure_is_not_downloaded_again) {
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

TEST_F(BlobDownloadTest, a_token_that_dies_in_the_middle_is_renewed_and_the_blob_goes_on) {
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

TEST_F(BlobDownloadTest, going_on_starts_at_the_registry_and_the_second_origin_sees_no_credential) {
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

TEST_F(BlobDownloadTest, a_stop_keeps_what_came_and_says_so) {
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

TEST_F(BlobDownloadTest, a_blob_is_reported_before_the_rest_of_it_comes) {
    policy_ = {.first_delay = std::chrono::milliseconds(1)};
    const std::string bytes(600'000, 'a');
    const auto blob = registry_.add_blob(bytes);
    std::vector<bool> reported;
    registry_.script(FakeRegistry::blob_path(blob.digest), [&](const FakeRequest& request) {
        reported.push_back(is_reported_);
        auto response = testing::ranged_response(request, bytes);
        if (request.header("range").empty())
            response.cut_after = 300'000;
        return response;
    });
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(reported, (std::vector<bool>{false, true}));
    ASSERT_TRUE(arrival_);
    EXPECT_TRUE(arrival_->state().is_complete);
    EXPECT_EQ(arrival_->state().readable_bytes, bytes.size());
    EXPECT_EQ(arrival_->state().round, 0U);
}

TEST_F(BlobDownloadTest, who_reads_a_blob_hears_that_it_begins_anew_and_that_it_fails) {
    const std::string bytes(600'000, 'a');
    const auto blob = registry_.add_blob(bytes);
    answer_blob(blob, {.body = std::string(600'000, 'b')});
    EXPECT_ERROR(ErrorKind::integrity, download({{blob}}));
    ASSERT_TRUE(arrival_);
    EXPECT_GE(arrival_->state().round, 1U);
    EXPECT_ERROR(ErrorKind::integrity, std::rethrow_exception(arrival_->state().failure));
}

TEST_F(BlobDownloadTest, a_large_blob_comes_in_pieces_over_several_connections) {
    std::string bytes(100 << 20, '\0');
    for (std::size_t i = 0; i < bytes.size(); i += 4096)
        bytes[i] = static_cast<char>(i >> 12);
    const auto blob = registry_.add_blob(bytes);
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(requests_for(blob), 4U);
    EXPECT_EQ(Digest(sha256_of(read_file_if_exists(spool_ / blob.digest.hex(), 1 << 30).value())),
              blob.digest);
}

TEST_F(BlobDownloadTest, a_stop_leaves_no_partial_file) {
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

TEST_F(BlobDownloadTest, one_digest_with_two_sizes_is_refused) {
    auto blob = registry_.add_blob("hello");
    auto longer = blob;
    longer.size_bytes = 6;
    EXPECT_ERROR(ErrorKind::integrity, download({{blob}, {longer}}));
}

} // namespace aic::registry
