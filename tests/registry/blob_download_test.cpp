// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "registry/blob_download.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <thread>
#include <utility>

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
                      testing::fake_environment({{"HOME", "/nowhere"}}));
        std::map<std::size_t, Verified> reported;
        download_blobs(
            client, blobs, spool_,
            [&](std::size_t index, const BlobFile& file) {
                EXPECT_EQ(file.path, spool_ / blobs[index].descriptor.digest.hex());
                EXPECT_TRUE(reported.emplace(index, file.verified).second);
            },
            stop, policy_);
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

    std::string last_range() { return registry_.server().requests().back().header("range"); }

    fs::path partial_of(const oci::Descriptor& blob) const {
        return spool_ / fmt::format(".{}.partial", blob.digest.hex());
    }

    RetryPolicy policy_{.first_delay = std::chrono::milliseconds(2), .attempts = 4};
    const testing::TempDir dir_;
    const fs::path spool_ = dir_ / "spool";
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

TEST_F(BlobDownloadTest, what_is_not_the_blob_is_refused) {
    struct Damage {
        FakeResponse response;
        ErrorKind kind;
        std::string said;
    };

    const auto blob = registry_.add_blob("hello");
    const Damage damages[] = {
        {{.body = "hallo"},
         ErrorKind::integrity,
         fmt::format("sent {} instead of {}", Digest(sha256_of("hallo")).str(), blob.digest.str())},
        {{.body = "hell"}, ErrorKind::integrity, "announces 4 bytes instead of 5"},
        {{.body = "hell", .announce_length = false},
         ErrorKind::integrity,
         "sent 4 bytes instead of 5"},
        {{.body = "hello!"}, ErrorKind::integrity, "more than the 5 bytes"},
        {{.body = "hello!", .announce_length = false},
         ErrorKind::integrity,
         "more than the 5 bytes"},
        {{.status = 404}, ErrorKind::not_found, "does not have it"},
        {{.status = 503}, ErrorKind::network, "503"},
        {{.status = 206, .body = "hello"}, ErrorKind::network, "206"},
    };
    for (const auto& damage : damages) {
        answer_blob(blob, damage.response);
        const auto error = testing::error_thrown_by([&] { download({{blob}}); });
        EXPECT_TRUE(testing::is_error(error, damage.kind, damage.said));
        EXPECT_TRUE(error && error->message().starts_with("fetching " + blob.digest.str()));
        fs::remove(partial_of(blob));
        EXPECT_EQ(files(), 0U);
    }
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

TEST_F(BlobDownloadTest, a_cut_blob_goes_on_where_it_was) {
    const auto blob = registry_.add_blob("hello, world");
    cut_blob(blob, "hello, world", 3, 2);
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(content(blob), "hello, world");
    EXPECT_EQ(requests_for(blob), 4U);
    EXPECT_EQ(last_range(), "bytes=6-");
}

TEST_F(BlobDownloadTest, a_cut_costs_about_the_first_delay) {
    policy_.first_delay = std::chrono::seconds(1);
    const auto blob = registry_.add_blob("hello");
    cut_blob(blob, "hello", 1, 2);
    const auto begin = std::chrono::steady_clock::now();
    download({{blob}});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2500));
}

TEST_F(BlobDownloadTest, a_blob_that_never_moves_is_given_up_and_what_came_is_kept) {
    const auto blob = registry_.add_blob("hello");
    registry_.script(FakeRegistry::blob_path(blob.digest), [](const FakeRequest& request) {
        return FakeResponse{.body = "hello", .cut_after = request.header("range").empty() ? 2 : 0};
    });
    const auto error = testing::error_thrown_by([&] { download({{blob}}); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::network, "cut"));
    EXPECT_EQ(error->hint(), fmt::format("kept {}; the same command goes on", human_size(2)));
    EXPECT_EQ(read_file_if_exists(partial_of(blob), 100), "he");
    EXPECT_EQ(requests_for(blob), 4U);
}

TEST_F(BlobDownloadTest, the_next_download_goes_on_with_what_an_earlier_one_left) {
    const auto blob = registry_.add_blob("hello");
    answer_blob(blob, {.status = 500});
    EXPECT_ERROR(ErrorKind::network, download({{blob}}));
    EXPECT_EQ(files(), 0U);
    write_file(partial_of(blob), "hel");
    fs::permissions(partial_of(blob), fs::perms(0600));
    cut_blob(blob, "hello", 0, 0);
    EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
    EXPECT_EQ(last_range(), "bytes=3-");
    EXPECT_EQ(content(blob), "hello");
    EXPECT_EQ(files(), 1U);
}

TEST_F(BlobDownloadTest, what_was_left_is_believed_only_as_far_as_its_digest) {
    const auto blob = registry_.add_blob("hello");
    cut_blob(blob, "hello", 0, 0);
    for (const char* left : {"hal", "hallo", "hello, world"}) {
        fs::remove_all(spool_);
        fs::create_directory(spool_);
        fs::permissions(spool_, fs::perms(0700));
        write_file(partial_of(blob), left);
        fs::permissions(partial_of(blob), fs::perms(0600));
        EXPECT_EQ(download({{blob}}).at(0), Verified::yes);
        EXPECT_EQ(content(blob), "hello");
    }
}

TEST_F(BlobDownloadTest, a_server_that_ignores_ranges_starts_over) {
    const auto blob = registry_.add_blob("hello");
    registry_.script(FakeRegistry::blob_path(blob.digest), [](const FakeRequest& request) {
        FakeResponse response{.body = "hello"};
        if (request.header("range").empty())
            response.cut_after = 2;
        return response;
    });
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
    EXPECT_EQ(requests_for(blob), 2U);
}

TEST_F(BlobDownloadTest, another_range_than_was_asked_for_is_not_taken) {
    const auto blob = registry_.add_blob("hello");
    for (const char* range : {"bytes 1-4/5", "bytes 2-4/6", "bytes 2-3/5", ""}) {
        fs::remove(spool_ / blob.digest.hex());
        bool is_first = true;
        registry_.script(FakeRegistry::blob_path(blob.digest),
                         [range, is_first](const FakeRequest& request) mutable {
                             if (!request.header("range").empty())
                                 return FakeResponse{.status = 206,
                                                     .headers = {{"Content-Range", range}},
                                                     .body = "XXX"};
                             FakeResponse response{.body = "hello"};
                             if (std::exchange(is_first, false))
                                 response.cut_after = 2;
                             return response;
                         });
        download({{blob}});
        EXPECT_EQ(content(blob), "hello");
    }
}

TEST_F(BlobDownloadTest, a_burst_of_refusals_is_sat_out) {
    const auto blob = registry_.add_blob("hello");
    registry_.script(FakeRegistry::blob_path(blob.digest),
                     [left = std::vector<int>{429, 503, 408}](const FakeRequest&) mutable {
                         if (left.empty())
                             return FakeResponse{.body = "hello"};
                         const FakeResponse response{.status = left.back()};
                         left.pop_back();
                         return response;
                     });
    download({{blob}});
    EXPECT_EQ(requests_for(blob), 4U);
}

TEST_F(BlobDownloadTest, a_retry_after_is_waited_for) {
    const auto blob = registry_.add_blob("hello");
    registry_.script(
        FakeRegistry::blob_path(blob.digest), [asked = false](const FakeRequest&) mutable {
            return std::exchange(asked, true)
                       ? FakeResponse{.body = "hello"}
                       : FakeResponse{.status = 429, .headers = {{"Retry-After", "2"}}};
        });
    const auto begin = std::chrono::steady_clock::now();
    download({{blob}});
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
    EXPECT_EQ(requests_for(blob), 2U);
}

TEST_F(BlobDownloadTest, a_stop_ends_a_wait) {
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
    policy_ = {.first_delay = std::chrono::milliseconds(1), .attempts = 100, .attempts_at_host = 6};
    std::vector<BlobRequest> blobs;
    for (const char* bytes : {"a", "b", "c"}) {
        blobs.push_back({registry_.add_blob(bytes)});
        answer_blob(blobs.back().descriptor, {.status = 503});
    }
    EXPECT_ERROR(ErrorKind::network, download(blobs));
    EXPECT_LE(registry_.server().requests().size(), 9U);
}

TEST_F(BlobDownloadTest, a_wrong_blob_is_fetched_once_more) {
    const auto blob = registry_.add_blob("hello");
    registry_.script(
        FakeRegistry::blob_path(blob.digest), [asked = false](const FakeRequest&) mutable {
            return FakeResponse{.body = std::exchange(asked, true) ? "hello" : "hallo"};
        });
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
    answer_blob(blob, {.body = "hallo"});
    fs::remove(spool_ / blob.digest.hex());
    EXPECT_ERROR(ErrorKind::integrity, download({{blob}}));
    EXPECT_EQ(requests_for(blob), 4U);
    EXPECT_EQ(files(), 0U);
}

TEST_F(BlobDownloadTest, a_token_that_dies_in_the_middle_is_renewed_and_the_blob_goes_on) {
    const auto blob = registry_.add_blob("hello");
    const auto challenge = fmt::format(R"(Bearer realm="{}/token")", registry_.server().url());
    registry_.script("/token", [count = 0](const FakeRequest&) mutable {
        return FakeResponse{.body = fmt::format(R"({{"token":"t{}"}})", ++count)};
    });
    registry_.script(FakeRegistry::blob_path(blob.digest), [challenge](const FakeRequest& request) {
        const bool is_first = request.header("range").empty();
        if (request.header("authorization") != (is_first ? "Bearer t1" : "Bearer t2"))
            return FakeResponse{.status = 401, .headers = {{"WWW-Authenticate", challenge}}};
        auto response = testing::ranged_response(request, "hello");
        if (is_first)
            response.cut_after = 3;
        return response;
    });
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
    EXPECT_EQ(registry_.server().count("/token"), 2U);
    EXPECT_EQ(last_range(), "bytes=3-");
}

} // namespace aic::registry
