// SPDX-License-Identifier: Apache-2.0
#include "registry/base64.hpp"
#include "tests/support/blob_download_fixture.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::registry {

/// What particular registries do, against one that does the same.
class RegistryQuirksTest : public BlobDownloadTest {
protected:
    RegistryQuirksTest() { registry_.add_image("1", std::vector<std::string>{"layer"}); }

    Client client(std::map<std::string, std::string> variables = {}) {
        variables["HOME"] = "/nowhere";
        return {*oci::Reference::parse(registry_.reference("1")).registry(), Config{},
                testing::fake_environment(std::move(variables)), policy_};
    }

    std::string bearer(const std::string& realm) {
        return fmt::format(R"(Bearer realm="{}{}",scope="repository:lab/x:pull")",
                           registry_.server().url(), realm);
    }

    void hand_out(const std::string& realm, const std::string& token) {
        registry_.script(realm, FakeResponse{.body = fmt::format(R"({{"token":"{}"}})", token)});
    }
};

TEST_F(RegistryQuirksTest, nvcr_io_names_another_realm_later_which_knows_no_anonymous_users) {
    hand_out("/proxy_auth", "first");
    registry_.script("/token", FakeResponse{.status = 401});
    registry_.require("Bearer first", {bearer("/proxy_auth")});
    auto anonymous = client();
    anonymous.get_manifest({});
    hand_out("/proxy_auth", "second");
    registry_.require("Bearer second", {bearer("/token")});
    anonymous.get_manifest({});
    EXPECT_EQ(registry_.server().count("/proxy_auth"), 2U);
    EXPECT_EQ(registry_.server().count("/token"), 0U);
}

TEST_F(RegistryQuirksTest, harbor_and_acr_change_between_basic_and_bearer) {
    const auto basic = "Basic " + base64_encode("me:pw");
    auto known = client({{"AIC_IMAGE_USERNAME", "me"}, {"AIC_IMAGE_PASSWORD", "pw"}});
    hand_out("/token", "t");
    registry_.require(basic, {"Basic realm=\"x\""});
    known.get_manifest({});
    registry_.require("Bearer t", {bearer("/token")});
    known.get_manifest({});
    registry_.require(basic, {"Basic realm=\"x\""});
    EXPECT_NO_THROW(known.get_manifest({}));
}

TEST_F(RegistryQuirksTest, all_kinds_of_manifests_are_accepted_in_every_request) {
    auto any = client();
    any.head_manifest({});
    any.get_manifest({});
    const auto requests = registry_.server().requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].method, "HEAD");
    EXPECT_EQ(requests[1].method, "GET");
    for (const auto& request : requests)
        for (const char* type : {"application/vnd.oci.image.index.v1+json",
                                 "application/vnd.docker.distribution.manifest.list.v2+json",
                                 "application/vnd.oci.image.manifest.v1+json",
                                 "application/vnd.docker.distribution.manifest.v2+json"})
            EXPECT_THAT(request.header("accept"), ::testing::HasSubstr(type)) << request.method;
}

TEST_F(RegistryQuirksTest, a_manifest_that_is_two_things_is_refused) {
    const auto path = FakeRegistry::manifest_path("1");
    const auto json = client().get_manifest({}).json;
    registry_.script(
        path, FakeResponse{.headers = {{"Content-Type", "application/vnd.oci.image.index.v1+json"}},
                           .body = json});
    EXPECT_ERROR(ErrorKind::integrity, client().get_manifest({}));
    auto both = json;
    both.insert(1, R"("manifests":[],)");
    registry_.script(path, FakeResponse{.body = both});
    EXPECT_ERROR(ErrorKind::integrity, client().get_manifest({}));
}

TEST_F(RegistryQuirksTest, a_digest_that_is_none_is_never_asked_for) {
    const std::string json =
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
        R"("config":{"mediaType":"application/vnd.oci.image.config.v1+json",)"
        R"("digest":"sha256:../../x","size":2},"layers":[]})";
    registry_.script(FakeRegistry::manifest_path("1"), FakeResponse{.body = json});
    EXPECT_ERROR(ErrorKind::integrity, client().get_manifest({}));
    EXPECT_EQ(registry_.server().requests().size(), 1U);
}

TEST_F(RegistryQuirksTest, a_token_beyond_its_cap_is_refused) {
    registry_.require("Bearer t", {bearer("/token")});
    registry_.script("/token", FakeResponse{.body = std::string((1 << 20) + 1, ' ')});
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "more than the 1048576 bytes",
                        client().get_manifest({}));
}

TEST_F(RegistryQuirksTest, a_token_server_that_shows_a_web_page_is_none) {
    registry_.require("Bearer t", {bearer("/token")});
    registry_.script("/token", FakeResponse{.headers = {{"Content-Type", "text/html"}},
                                            .body = "<html>Welcome</html>"});
    EXPECT_ERROR_SAYING(ErrorKind::network, "not a registry", client().get_manifest({}));
}

TEST_F(RegistryQuirksTest, an_encoding_that_nobody_asked_for_is_undone) {
    using namespace std::string_literals;
    const auto blob = registry_.add_blob("hello");
    const auto in_gzip = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd"
                         "\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00"s;
    answer_blob(blob, {.headers = {{"Content-Encoding", "gzip"}}, .body = in_gzip});
    download({{blob}});
    EXPECT_EQ(content(blob), "hello");
}

TEST_F(RegistryQuirksTest, schema_1_and_artifacts_are_refused_by_name) {
    const std::pair<const char*, const char*> documents[] = {
        {R"({"schemaVersion":1,"name":"x","tag":"1","fsLayers":[]})", "schema 1"},
        {R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
         R"("artifactType":"application/vnd.example.sbom",)"
         R"("config":{"mediaType":"application/vnd.oci.empty.v1+json",)"
         R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",)"
         R"("size":2},"layers":[]})",
         "an artifact"}};
    for (const auto& [json, said] : documents) {
        registry_.script(FakeRegistry::manifest_path("1"), FakeResponse{.body = json});
        const auto error = testing::error_thrown_by([&] { client().get_manifest({}); });
        ASSERT_TRUE(error) << json;
        EXPECT_THAT(error->message(), ::testing::HasSubstr(said));
    }
}

} // namespace aic::registry
