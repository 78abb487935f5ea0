// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"
#include "tests/support/blob_download_fixture.hpp"
#include "tests/support/expect_error.hpp"

#include <thread>

namespace aic::registry {

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

TEST_F(BlobDownloadTest, a_token_that_many_need_at_once_is_asked_for_once) {
    const auto challenge = fmt::format(R"(Bearer realm="{}/token")", registry_.server().url());
    std::atomic<int> tokens = 0;
    registry_.script("/token", [&](const FakeRequest&) {
        return FakeResponse{.body = fmt::format(R"({{"token":"t{}"}})", ++tokens)};
    });
    std::vector<BlobRequest> blobs;
    std::atomic<int> refused = 0;
    for (const auto* content : {"one", "two", "three", "four"}) {
        blobs.push_back({registry_.add_blob(content)});
        registry_.script(
            FakeRegistry::blob_path(blobs.back().descriptor.digest),
            [&, content](const FakeRequest& request) {
                if (request.header("authorization") == "Bearer t1")
                    return FakeResponse{.body = content};
                ++refused;
                return FakeResponse{.status = 401, .headers = {{"WWW-Authenticate", challenge}}};
            });
    }
    EXPECT_EQ(download(blobs).size(), 4U);
    EXPECT_EQ(refused, 4); // or this shows nothing
    EXPECT_EQ(tokens, 1);
    EXPECT_EQ(registry_.server().requests().size(), 4U + 1U + 4U);
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

TEST_F(BlobDownloadTest, after_wrong_bytes_a_foreign_layer_comes_from_its_next_url) {
    const FakeServer elsewhere([&](const FakeRequest& request) {
        return FakeResponse{.body = request.path() == "/wrong" ? "hallo" : "hello"};
    });
    auto blob = testing::descriptor_of("hello",
                                       "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    blob.urls = {elsewhere.url() + "/wrong", elsewhere.url() + "/right"};
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
}

TEST_F(BlobDownloadTest, a_foreign_layer_that_is_cut_is_gone_on_with_there) {
    int count = 0;
    const FakeServer elsewhere([&](const FakeRequest&) {
        return FakeResponse{.body = count++ == 0 ? "hel" : "hello", .announce_length = false};
    });
    auto blob = testing::descriptor_of("hello",
                                       "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    blob.urls = {elsewhere.url() + "/layer"};
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
    EXPECT_EQ(requests_for(blob), 1U);
}

TEST_F(BlobDownloadTest, a_foreign_layer_at_the_registry_itself_gets_no_token) {
    const auto here = registry_.server().url();
    registry_.script("/token", FakeResponse{.body = R"({"token":"good"})"});
    registry_.require("Bearer good", {fmt::format(R"(Bearer realm="{}/token")", here)});
    std::atomic<int> redirected = 0;
    registry_.script("/closed", FakeResponse{.status = 401,
                                             .headers = {{"WWW-Authenticate",
                                                          "Bearer realm=\"" + here + "/token\""}}});
    std::vector<BlobRequest> blobs;
    for (const std::string content : {"one", "two", "three"}) {
        registry_.script("/moved-" + content, [&, content](const FakeRequest&) {
            return ++redirected > 20
                       ? FakeResponse{.status = 404}
                       : FakeResponse{.status = 307, .headers = {{"Location", "/" + content}}};
        });
        registry_.script("/" + content, FakeResponse{.body = content});
        blobs.push_back({testing::descriptor_of(
            content, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")});
        blobs.back().descriptor.urls = {here + "/closed", here + "/moved-" + content};
    }
    EXPECT_EQ(download(blobs).size(), 3U);
    EXPECT_EQ(redirected, 3);
}

TEST_F(BlobDownloadTest, a_foreign_layer_gets_a_second_chance_and_nobodys_credentials) {
    registry_.require("Bearer good",
                      {R"(Bearer realm=")" + registry_.server().url() + R"(/token")"});
    registry_.script("/token", FakeResponse{.body = R"({"token":"good"})"});
    int count = 0;
    const FakeServer elsewhere(
        [&](const FakeRequest&) { return FakeResponse{.body = count++ == 0 ? "hallo" : "hello"}; });
    auto blob = testing::descriptor_of("hello",
                                       "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    blob.urls = {elsewhere.url() + "/layer"};
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
    ASSERT_EQ(elsewhere.count("/layer"), 2U);
    for (const auto& request : elsewhere.requests())
        EXPECT_EQ(request.header("authorization"), "");
}

TEST_F(BlobDownloadTest, urls_of_ordinary_layers_are_not_asked) {
    const FakeServer elsewhere([](const FakeRequest&) { return FakeResponse{.body = "hello"}; });
    auto blob = testing::descriptor_of("hello", "application/vnd.oci.image.layer.v1.tar");
    blob.urls = {elsewhere.url()};
    EXPECT_ERROR(ErrorKind::not_found, download({{blob}}));
    EXPECT_TRUE(elsewhere.requests().empty());
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
    EXPECT_EQ(requests_for(blob), 13U); // of 8 MiB
    EXPECT_EQ(Digest(sha256_of(read_file_if_exists(spool_ / blob.digest.hex(), 1 << 30).value())),
              blob.digest);
}

TEST_F(BlobDownloadTest, one_digest_with_two_sizes_is_refused) {
    auto blob = registry_.add_blob("hello");
    auto longer = blob;
    longer.size_bytes = 6;
    EXPECT_ERROR(ErrorKind::integrity, download({{blob}, {longer}}));
}

} // namespace aic::registry
