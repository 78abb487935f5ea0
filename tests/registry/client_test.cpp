// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"
#include "registry/client.hpp"
#include "registry/registry_source.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"

namespace aic::registry {

using testing::FakeRegistry;
using testing::FakeRequest;
using testing::FakeResponse;

class ClientTest : public ::testing::Test {
protected:
    std::unique_ptr<ImageSource> source(const std::string& tag) {
        return std::make_unique<RegistrySource>(
            *oci::Reference::parse(registry_.reference(tag)).registry(), Config{},
            testing::fake_environment({{"HOME", "/nowhere"}}), RetryPolicy{.max_attempts = 0});
    }

    ResolvedImage resolve(const std::string& tag, const char* platform = "amd64") {
        return source(tag)->resolve(oci::Platform::parse(platform), {});
    }

    void answer_manifest(const std::string& tag, FakeResponse response) {
        registry_.script(FakeRegistry::manifest_path(tag), std::move(response));
    }

    /// For a manifest that comes with Docker Hub's headers.
    std::unique_ptr<ImageSource> source_with_limit(const std::string& json,
                                                   const std::string& remaining) {
        answer_manifest("12", {.headers = {{"RateLimit-Limit", "100;w=21600"},
                                           {"RateLimit-Remaining", remaining}},
                               .body = json});
        return source("12");
    }

    FakeRegistry registry_;
};

TEST_F(ClientTest, a_tag_is_resolved_and_its_config_read) {
    const auto manifest = registry_.add_image("12", std::vector<std::string>{"a", "b"});
    const auto image = resolve("12");
    EXPECT_EQ(image.index_or_manifest, manifest.digest);
    EXPECT_EQ(image.manifest_digest, manifest.digest);
    EXPECT_EQ(image.manifest.layers.size(), 2U);
    EXPECT_EQ(source("12")->config_json(image.manifest.config, {}),
              testing::config_json("amd64", 2));
}

TEST_F(ClientTest, the_present_digest_costs_one_head) {
    const auto manifest = registry_.add_image("12", {});
    EXPECT_EQ(source("12")->current_digest(oci::Platform::host(), {}), manifest.digest);
    const auto requests = registry_.server().requests();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].method, "HEAD");
}

TEST_F(ClientTest, a_registry_that_names_no_digest_has_its_manifest_hashed) {
    const auto json = testing::manifest_json(
        testing::descriptor_of("{}", "application/vnd.oci.image.config.v1+json"), {});
    answer_manifest("12", {.body = json});
    EXPECT_EQ(source("12")->current_digest(oci::Platform::host(), {}), Digest(sha256_of(json)));
}

TEST_F(ClientTest, an_index_is_followed_for_the_platform) {
    const auto amd64 = registry_.add_image("", std::vector<std::string>{"a"});
    const testing::PlatformManifest entries[] = {{amd64, "amd64"}, {amd64, "s390x"}};
    const auto index = registry_.add_manifest("12", testing::index_json(entries),
                                              "application/vnd.oci.image.index.v1+json");
    const auto image = resolve("12");
    EXPECT_EQ(image.index_or_manifest, index.digest);
    EXPECT_EQ(image.manifest_digest, amd64.digest);
    EXPECT_ERROR_SAYING(ErrorKind::no_platform,
                        "lab/x:12: no image for linux/arm64; there are: linux/amd64, linux/s390x",
                        resolve("12", "arm64"));
}

TEST_F(ClientTest, a_wrong_manifest_is_an_integrity_error_naming_both_digests) {
    const auto json = testing::manifest_json(
        testing::descriptor_of("{}", "application/vnd.oci.image.config.v1+json"), {});
    const Digest other(sha256_of("other"));
    answer_manifest("12", {.headers = {{"Docker-Content-Digest", other.str()}}, .body = json});
    EXPECT_ERROR_SAYING(
        ErrorKind::integrity,
        fmt::format("manifest {} arrived as {}", other.str(), Digest(sha256_of(json)).str()),
        resolve("12"));
    answer_manifest(other.str(), {.body = json});
    EXPECT_ERROR(ErrorKind::integrity, resolve("12@" + other.str()));
}

TEST_F(ClientTest, a_missing_tag_gets_the_nearest_ones_as_a_hint) {
    registry_.add_image("12", {});
    registry_.add_image("12-slim", {});
    const auto error = testing::error_thrown_by([&] { resolve("13"); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::not_found, "lab/x has no tag '13'"));
    EXPECT_EQ(error->hint(), "nearest tags: 12, 12-slim");
}

TEST_F(ClientTest, a_tag_that_is_served_in_no_known_form_is_not_said_to_be_missing) {
    registry_.add_image("12", {});
    answer_manifest("12", {.status = 404}); // as docker-registry does with schema 1
    const auto error = testing::error_thrown_by([&] { resolve("12"); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::integrity, "lab/x has the tag '12'"));
    EXPECT_THAT(error->hint(), ::testing::HasSubstr("schema 1"));
}

TEST_F(ClientTest, a_missing_tag_is_told_even_if_tags_cannot_be_listed) {
    registry_.script("/v2/lab/x/tags/list", FakeResponse{.status = 500});
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "lab/x has no tag '13'", resolve("13"));
}

TEST_F(ClientTest, a_missing_repository_is_told) {
    const auto reference =
        oci::Reference::parse(registry_.server().host_and_port() + "/lab/nosuch:1");
    const auto missing =
        open_source(reference, Config{}, testing::fake_environment({{"HOME", "/nowhere"}}));
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "has no repository lab/nosuch",
                        missing->resolve(oci::Platform{}, {}));
}

class TagsTest : public ClientTest {
protected:
    std::vector<std::string> tags() {
        const auto reference = oci::Reference::parse(registry_.reference("any"));
        return Client(*reference.registry(), Config{},
                      testing::fake_environment({{"HOME", "/nowhere"}}))
            .tags({});
    }

    /// The first page leads to `next`, and the page that comes after "b" is the last one.
    void page_to(const std::string& next) {
        registry_.script(k_path, [next](const FakeRequest& request) -> FakeResponse {
            if (request.target.find("last=b") != std::string::npos)
                return {.body = R"({"name":"lab/x","tags":["c"]})"};
            return {.headers = {{"Link", fmt::format(R"(<{}>; rel="next")", next)}},
                    .body = R"({"name":"lab/x","tags":["a","b"]})"};
        });
    }

    const std::string k_path = "/v2/lab/x/tags/list";
};

TEST_F(TagsTest, all_pages_are_read) {
    page_to(k_path + "?last=b&n=2");
    EXPECT_THAT(tags(), ::testing::ElementsAre("a", "b", "c"));
    EXPECT_EQ(registry_.server().count(k_path), 2U);
}

TEST_F(TagsTest, a_repository_without_tags_has_none) {
    registry_.script(k_path, FakeResponse{.body = R"({"name":"lab/x","tags":null})"});
    EXPECT_TRUE(tags().empty());
}

TEST_F(TagsTest, a_next_page_on_another_server_is_not_asked_for) {
    testing::FakeServer other([](const FakeRequest&) { return FakeResponse{}; });
    page_to(other.url() + "/v2/lab/x/tags/list?last=b");
    EXPECT_ERROR_SAYING(ErrorKind::network, "says that further tags are at 127.0.0.1", tags());
    EXPECT_TRUE(other.requests().empty());
}

TEST_F(TagsTest, pages_that_lead_in_a_circle_are_not_followed_for_ever) {
    page_to(k_path + "?last=a");
    EXPECT_ERROR_SAYING(ErrorKind::network, "leads back to a page", tags());
    EXPECT_EQ(registry_.server().count(k_path), 2U);
}

TEST_F(TagsTest, a_page_beyond_its_cap_is_refused) {
    registry_.script(k_path, FakeResponse{.body = std::string((8U << 20) + 1, ' ')});
    EXPECT_ERROR(ErrorKind::integrity, tags());
}

TEST_F(TagsTest, what_is_no_list_of_tags_is_told) {
    registry_.script(k_path,
                     FakeResponse{.headers = {{"Content-Type", "text/html"}}, .body = "<p>"});
    EXPECT_ERROR_SAYING(ErrorKind::network, "not a registry", tags());
    registry_.script(k_path, FakeResponse{.body = R"({"tags":[1]})"});
    EXPECT_ERROR(ErrorKind::integrity, tags());
    registry_.script(k_path, FakeResponse{.status = 404});
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "has no repository lab/x", tags());
}

TEST_F(ClientTest, each_status_has_its_kind) {
    const auto body = R"({"errors":[{"code":"X","message":"because \u001b[2J"}]})";
    const std::pair<int, ErrorKind> kinds[] = {{401, ErrorKind::denied},  {403, ErrorKind::denied},
                                               {429, ErrorKind::busy},    {500, ErrorKind::network},
                                               {502, ErrorKind::network}, {400, ErrorKind::network},
                                               {204, ErrorKind::network}};
    for (const auto& [status, kind] : kinds) {
        answer_manifest("12", {.status = status, .body = status == 204 ? "" : body});
        EXPECT_ERROR_SAYING(kind, status == 204 ? "" : "because \\x1b[2J", resolve("12")) << status;
    }
}

TEST_F(ClientTest, too_many_requests_come_with_the_time_to_wait) {
    answer_manifest("12",
                    {.status = 429, .headers = {{"Retry-After", "37"}}, .body = "slow down\nmore"});
    const auto error =
        testing::error_thrown_by([&] { source("12")->current_digest(oci::Platform::host(), {}); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::busy, "too many requests"));
    EXPECT_EQ(error->hint(), "it asks to try again in 37 s");
    EXPECT_ERROR_SAYING(ErrorKind::busy, "(429): slow down", resolve("12"));
}

TEST_F(ClientTest, a_pull_that_uses_up_the_last_requests_is_warned_of) {
    const auto json =
        testing::manifest_json(registry_.add_blob(testing::config_json("amd64", 0),
                                                  "application/vnd.oci.image.config.v1+json"),
                               {});
    std::string warnings;
    std::string details;
    set_log_handler([&](LogLevel level, const std::string& message) {
        (level == LogLevel::debug ? details : warnings) += message;
    });
    for (const char* remaining : {"90;w=21600", "7;w=21600"})
        source_with_limit(json, remaining)->resolve(oci::Platform::parse("amd64"), {});
    set_log_handler({});
    EXPECT_THAT(warnings, ::testing::EndsWith(": 7 of 100 requests in 6 h are left"));
    EXPECT_THAT(warnings, ::testing::Not(::testing::HasSubstr("90 of 100")));
    EXPECT_THAT(details, ::testing::HasSubstr(": 90 of 100 requests in 6 h are left"));
}

TEST_F(ClientTest, a_refusal_says_how_to_log_in) {
    answer_manifest("12", {.status = 403});
    const auto error = testing::error_thrown_by([&] { resolve("12"); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::denied));
    EXPECT_THAT(error->hint(),
                ::testing::StartsWith("if the repository exists, log in: 'aic-image login 127."));
}

TEST_F(ClientTest, a_web_page_is_not_a_registry) {
    for (const int status : {200, 404}) {
        answer_manifest("12", {.status = status,
                               .headers = {{"Content-Type", "text/html"}},
                               .body = "<html>Welcome</html>"});
        EXPECT_ERROR_SAYING(ErrorKind::network, "not a registry, or a proxy's login page?",
                            resolve("12"));
    }
}

TEST_F(ClientTest, documents_beyond_their_caps_are_refused) {
    answer_manifest("12", {.body = std::string(k_max_manifest_bytes + 1, ' ')});
    EXPECT_ERROR(ErrorKind::integrity, resolve("12"));
    auto config = testing::descriptor_of("{}", "application/vnd.oci.image.config.v1+json");
    config.size_bytes = k_max_config_bytes + 1;
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "at most", source("12")->config_json(config, {}));
}

TEST_F(ClientTest, a_config_that_was_wrong_is_fetched_once_more) {
    const auto config = testing::descriptor_of("{}", "application/vnd.oci.image.config.v1+json");
    bool is_second = false;
    registry_.script(FakeRegistry::blob_path(config.digest), [&](const testing::FakeRequest&) {
        return testing::FakeResponse{.body = std::exchange(is_second, true) ? "{}" : "[]"};
    });
    EXPECT_EQ(source("12")->config_json(config, {}), "{}");
}

TEST_F(ClientTest, a_web_page_is_no_config) {
    const auto config = testing::descriptor_of("{}", "application/vnd.oci.image.config.v1+json");
    registry_.script(
        FakeRegistry::blob_path(config.digest),
        FakeResponse{.headers = {{"Content-Type", "text/html"}}, .body = "<html>Welcome</html>"});
    EXPECT_ERROR_SAYING(ErrorKind::network, "login page?", source("12")->config_json(config, {}));
}

TEST_F(ClientTest, a_wrong_config_is_refused) {
    const auto config = testing::descriptor_of("{}", "application/vnd.oci.image.config.v1+json");
    for (const char* body : {"[]", "{", "{ }"}) {
        registry_.script(FakeRegistry::blob_path(config.digest), FakeResponse{.body = body});
        EXPECT_ERROR(ErrorKind::integrity, source("12")->config_json(config, {})) << body;
    }
}

} // namespace aic::registry
