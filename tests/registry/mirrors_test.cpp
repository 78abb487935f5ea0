// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/blob_download.hpp"
#include "registry/registry_source.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/full_listener.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>

namespace fs = std::filesystem;

namespace aic::registry {

using namespace std::chrono_literals;
using testing::FakeRegistry;
using testing::FakeRequest;
using testing::FakeResponse;
using Clock = std::chrono::steady_clock;

/// A registry that the site has mirrors of.
class MirrorsTest : public ::testing::Test {
protected:
    MirrorsTest() {
        set_log_handler([this](LogLevel level, const std::string& message) {
            if (level == LogLevel::warning)
                warnings_.push_back(message);
        });
    }

    ~MirrorsTest() override { set_log_handler({}); }

    static std::string address(FakeRegistry& registry) { return registry.server().host_and_port(); }

    /// Mirrors in this order, each with more settings of its own.
    void settings(const std::vector<std::pair<std::string, std::string>>& mirrors) const {
        settings_of(registry_->server().host_and_port(), mirrors);
    }

    void settings_of(const std::string& registry,
                     const std::vector<std::pair<std::string, std::string>>& mirrors) const {
        auto text = fmt::format("[[registry]]\nlocation = \"{}\"\n", registry);
        for (const auto& [location, more] : mirrors)
            text += fmt::format("[[registry.mirror]]\nlocation = \"{}\"\n{}\n", location, more);
        write_file(dir_ / "own.conf", text);
    }

    Environment environment() const {
        auto variables = variables_;
        variables["HOME"] = dir_.path().native();
        variables["CONTAINERS_REGISTRIES_CONF"] = (dir_ / "own.conf").native();
        return testing::fake_environment(variables);
    }

    Places places(const std::string& reference) const {
        return {*oci::Reference::parse(reference).registry(), Config{}, environment(), policy_};
    }

    FetchedBytes download(const std::vector<oci::Descriptor>& blobs) const {
        auto all = places(registry_->reference("1"));
        std::vector<BlobRequest> requests;
        for (const auto& blob : blobs)
            requests.push_back({blob});
        return download_blobs(all, requests, spool_, [](std::size_t, const BlobFile&) {}, {});
    }

    std::string content(const oci::Descriptor& blob) const {
        return read_file_if_exists(spool_ / blob.digest.hex(), 100'000'000).value_or("(missing)");
    }

    static std::size_t asked(FakeRegistry& registry) { return registry.server().requests().size(); }

    static std::size_t asked(FakeRegistry& registry, const oci::Descriptor& blob) {
        return registry.server().count(FakeRegistry::blob_path(blob.digest));
    }

    oci::Descriptor in_both(const std::string& bytes) {
        mirror_->add_blob(bytes);
        return registry_->add_blob(bytes);
    }

    const testing::TempDir dir_;
    const fs::path spool_ = dir_ / "spool";
    RetryPolicy policy_{.first_delay = 1ms, .longest_delay = 5ms};
    std::map<std::string, std::string> variables_;
    std::vector<std::string> warnings_;
    const std::unique_ptr<FakeRegistry> registry_ = std::make_unique<FakeRegistry>();
    const std::unique_ptr<FakeRegistry> mirror_ = std::make_unique<FakeRegistry>();
    const std::unique_ptr<FakeRegistry> second_ = std::make_unique<FakeRegistry>();
};

TEST_F(MirrorsTest, what_the_first_mirror_has_nobody_else_is_asked_for) {
    settings({{address(*mirror_), ""}, {address(*second_), ""}});
    const auto image = mirror_->add_image("1", std::vector<std::string>{"layer"});
    RegistrySource source(*oci::Reference::parse(registry_->reference("1")).registry(), Config{},
                          environment(), policy_);
    EXPECT_EQ(source.current_digest(oci::Platform::host(), {}), image.digest);
    const auto resolved = source.resolve(oci::Platform::parse("linux/amd64"), {});
    EXPECT_EQ(resolved.manifest_digest, image.digest);
    source.config_json(resolved.manifest.config, {});
    const std::vector<BlobRequest> layers = {{resolved.manifest.layers.at(0)}};
    const auto fetched = source.fetch(layers, spool_, [](std::size_t, const BlobFile&) {}, {});
    EXPECT_EQ(fetched, (FetchedBytes{{address(*mirror_), 5}}));
    EXPECT_EQ(asked(*registry_) + asked(*second_), 0U);
}

TEST_F(MirrorsTest, what_a_mirror_lacks_comes_from_the_next_place) {
    settings({{address(*mirror_), ""}, {address(*second_), ""}});
    const auto everywhere = in_both("everywhere");
    const auto second = second_->add_blob("only second");
    const auto last = registry_->add_blob("only in the registry");
    const auto fetched = download({everywhere, second, last});
    EXPECT_EQ(fetched,
              (FetchedBytes{
                  {address(*mirror_), 10}, {address(*second_), 11}, {address(*registry_), 20}}));
    EXPECT_EQ(content(last), "only in the registry");
    EXPECT_EQ(asked(*registry_), 1U);
    EXPECT_TRUE(warnings_.empty());
}

TEST_F(MirrorsTest, manifests_come_from_the_next_place_too) {
    settings({{address(*mirror_), ""}});
    const auto image = registry_->add_image("1", std::vector<std::string>{"layer"});
    RegistrySource source(*oci::Reference::parse(registry_->reference("1")).registry(), Config{},
                          environment(), policy_);
    EXPECT_EQ(source.current_digest(oci::Platform::host(), {}), image.digest);
    // A mirror's tags say nothing of what there is.
    EXPECT_EQ(mirror_->server().count("/v2/lab/x/tags/list"), 0U);
    EXPECT_EQ(source.resolve(oci::Platform::parse("linux/amd64"), {}).manifest_digest,
              image.digest);
}

TEST_F(MirrorsTest, a_mirror_that_fails_is_left_out_from_then_on) {
    const FakeResponse failures[] = {{.status = 401},
                                     {.status = 403},
                                     {.status = 500},
                                     {.status = 429, .headers = {{"Retry-After", "60"}}}};
    for (const auto& failure : failures) {
        warnings_.clear();
        settings({{address(*mirror_), ""}});
        auto all = places(registry_->reference("1"));
        const auto bytes = fmt::format("answered with {}", failure.status);
        const auto one = in_both(bytes);
        const auto other = in_both(bytes + " before");
        mirror_->script(FakeRegistry::blob_path(one.digest), failure);
        const auto before = Clock::now();
        const std::vector<BlobRequest> first = {{one}};
        const std::vector<BlobRequest> then = {{other}};
        const auto ready = [](std::size_t, const BlobFile&) {};
        EXPECT_EQ(download_blobs(all, first, spool_, ready, {}).count(address(*registry_)), 1U);
        EXPECT_EQ(download_blobs(all, then, spool_, ready, {}).count(address(*mirror_)), 0U);
        EXPECT_EQ(content(one), bytes);
        EXPECT_EQ(asked(*mirror_, other), 0U);
        EXPECT_LT(Clock::now() - before, 5s);
        ASSERT_EQ(warnings_.size(), 1U);
        EXPECT_TRUE(warnings_[0].starts_with(
            fmt::format("mirror {} is left out from now on: ", address(*mirror_))))
            << warnings_[0];
    }
}

TEST_F(MirrorsTest, the_rest_of_what_a_mirror_began_comes_from_elsewhere) {
    settings({{address(*mirror_), ""}});
    const std::string bytes(1'000'000, 'b');
    const auto blob = in_both(bytes);
    mirror_->script(FakeRegistry::blob_path(blob.digest), [&, count = 0](const auto&) mutable {
        return count++ == 0 ? FakeResponse{.body = bytes, .cut_after = 600'000}
                            : FakeResponse{.status = 502};
    });
    const auto fetched = download({blob});
    EXPECT_EQ(content(blob), bytes);
    EXPECT_EQ(fetched.at(address(*mirror_)) + fetched.at(address(*registry_)), bytes.size());
    EXPECT_GT(fetched.at(address(*mirror_)), 100'000U);
}

TEST_F(MirrorsTest, a_wrong_blob_is_fetched_once_more_from_the_next_place) {
    settings({{address(*mirror_), ""}});
    const auto blob = in_both("right");
    mirror_->script(FakeRegistry::blob_path(blob.digest), FakeResponse{.body = "wrong"});
    download({blob});
    EXPECT_EQ(content(blob), "right");
    EXPECT_EQ(asked(*mirror_, blob), 1U);
    EXPECT_EQ(asked(*registry_, blob), 1U);
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_NE(warnings_[0].find(Digest(sha256_of("wrong")).str()), std::string::npos);
    // It may have others that are right.
    const auto other = in_both("other");
    EXPECT_EQ(download({other}), (FetchedBytes{{address(*mirror_), 5}}));
}

TEST_F(MirrorsTest, a_blob_that_is_wrong_everywhere_is_named_with_both_digests) {
    settings({{address(*mirror_), ""}});
    const auto blob = in_both("right");
    mirror_->script(FakeRegistry::blob_path(blob.digest), FakeResponse{.body = "wrong"});
    registry_->script(FakeRegistry::blob_path(blob.digest), FakeResponse{.body = "false"});
    EXPECT_ERROR_SAYING(ErrorKind::integrity,
                        fmt::format("sent {} instead of {}, and {} before",
                                    Digest(sha256_of("false")).str(), blob.digest.str(),
                                    Digest(sha256_of("wrong")).str()),
                        download({blob}));
    EXPECT_EQ(content(blob), "(missing)");
}

TEST_F(MirrorsTest, a_blob_of_the_wrong_length_comes_from_the_next_place) {
    settings({{address(*mirror_), ""}});
    const auto blob = in_both("right");
    for (const char* body : {"righ", "right!"}) {
        mirror_->script(FakeRegistry::blob_path(blob.digest), FakeResponse{.body = body});
        download({blob});
        EXPECT_EQ(content(blob), "right") << body;
        fs::remove(spool_ / blob.digest.hex());
    }
}

TEST_F(MirrorsTest, a_manifest_that_is_not_its_digest_comes_from_the_next_place) {
    settings({{address(*mirror_), ""}});
    const auto image = registry_->add_image("1", std::vector<std::string>{"layer"});
    mirror_->script(FakeRegistry::manifest_path(image.digest.str()), FakeResponse{.body = "{}"});
    const auto reference = fmt::format("{}/lab/x@{}", address(*registry_), image.digest.str());
    RegistrySource source(*oci::Reference::parse(reference).registry(), Config{}, environment(),
                          policy_);
    EXPECT_EQ(source.resolve(oci::Platform::parse("linux/amd64"), {}).manifest_digest,
              image.digest);
}

TEST_F(MirrorsTest, when_all_fail_the_registrys_failure_is_told_and_who_else_was_asked) {
    settings({{address(*mirror_), ""}});
    const auto blob = testing::descriptor_of("nowhere", "application/vnd.oci.image.layer.v1.tar");
    mirror_->script(FakeRegistry::blob_path(blob.digest), FakeResponse{.status = 403});
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "does not have it", download({blob}));
    RegistrySource source(*oci::Reference::parse(registry_->reference("none")).registry(), Config{},
                          environment(), policy_);
    const auto error =
        testing::error_thrown_by([&] { source.current_digest(oci::Platform::host(), {}); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::not_found, "has no tag 'none'"));
    EXPECT_THAT(error->hint(), ::testing::EndsWith("in vain: " + address(*mirror_)));
}

TEST_F(MirrorsTest, what_is_wrong_on_this_machine_is_no_mirrors_fault) {
    settings({{address(*mirror_), ""}});
    const auto blob = in_both("right");
    write_file(spool_, "no directory");
    EXPECT_THROW(download({blob}), Error);
    EXPECT_EQ(asked(*mirror_) + asked(*registry_), 0U);
    EXPECT_TRUE(warnings_.empty());
}

TEST_F(MirrorsTest, a_mirror_sees_its_own_credentials_and_never_the_registrys) {
    settings({{address(*mirror_), ""}});
    fs::create_directories(dir_ / ".config/containers");
    write_file(dir_ / ".config/containers/auth.json",
               fmt::format(R"({{"auths":{{"{}":{{"auth":"bWU6bWlycm9y"}},"{}":{{"auth":"{}"}}}}}})",
                           address(*mirror_), address(*registry_), "bWU6cmVnaXN0cnk="),
               0600);
    variables_["AIC_IMAGE_USERNAME"] = "me";
    variables_["AIC_IMAGE_PASSWORD"] = "registry";
    mirror_->require("Basic bWU6bWlycm9y", {"Basic realm=\"mirror\""});
    registry_->require("Basic bWU6cmVnaXN0cnk=", {"Basic realm=\"registry\""});
    const auto both = in_both("in both");
    const auto one = registry_->add_blob("in one");
    EXPECT_EQ(download({both, one}),
              (FetchedBytes{{address(*mirror_), 7}, {address(*registry_), 6}}));
    for (const auto& request : mirror_->server().requests())
        EXPECT_NE(request.header("authorization"), "Basic bWU6cmVnaXN0cnk=");
    for (const auto& request : registry_->server().requests())
        EXPECT_NE(request.header("authorization"), "Basic bWU6bWlycm9y");
}

TEST_F(MirrorsTest, a_mirror_without_credentials_of_its_own_gets_none) {
    settings({{address(*mirror_), ""}});
    variables_["AIC_IMAGE_USERNAME"] = "me";
    variables_["AIC_IMAGE_PASSWORD"] = "registry";
    mirror_->require("never", {"Basic realm=\"mirror\""});
    download({in_both("in both")});
    ASSERT_GT(asked(*mirror_), 0U);
    for (const auto& request : mirror_->server().requests())
        EXPECT_EQ(request.header("authorization"), "");
}

TEST_F(MirrorsTest, a_mirror_may_be_for_digests_or_for_tags_alone) {
    const auto image = in_both("layer");
    settings({{address(*mirror_), "pull-from-mirror = \"digest-only\""},
              {address(*second_), "pull-from-mirror = \"tag-only\""}});
    EXPECT_EQ(places(registry_->reference("1"))[0].name(), address(*second_));
    const auto by_digest =
        places(fmt::format("{}/lab/x@{}", address(*registry_), image.digest.str()));
    EXPECT_EQ(by_digest.registry(), 1U);
    EXPECT_EQ(places(fmt::format("{}/lab/x@{}", address(*registry_), image.digest.str()))[0].name(),
              address(*mirror_));
}

TEST_F(MirrorsTest, a_dead_mirror_costs_some_seconds_once) {
    const testing::FullListener nobody;
    settings({{nobody.address(), ""}});
    policy_ = {};
    const auto blob = registry_->add_blob("layer");
    registry_->add_image("1", std::vector<std::string>{"layer"});
    RegistrySource source(*oci::Reference::parse(registry_->reference("1")).registry(), Config{},
                          environment(), policy_);
    const auto before = Clock::now();
    source.current_digest(oci::Platform::host(), {});
    source.resolve(oci::Platform::parse("linux/amd64"), {});
    const std::vector<BlobRequest> layers = {{blob}};
    source.fetch(layers, spool_, [](std::size_t, const BlobFile&) {}, {});
    EXPECT_LT(Clock::now() - before, 8s);
    EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(MirrorsTest, a_dead_mirror_before_a_dead_registry_costs_no_more_than_ten_seconds) {
    const testing::FullListener nobody;
    const testing::FullListener nobody_either;
    settings_of(nobody_either.address(), {{nobody.address(), ""}});
    policy_ = {};
    const auto reference = oci::Reference::parse(nobody_either.address() + "/lab/x:1");
    RegistrySource source(*reference.registry(), Config{}, environment(), policy_);
    const auto before = Clock::now();
    const auto error =
        testing::error_thrown_by([&] { source.current_digest(oci::Platform::host(), {}); });
    EXPECT_LT(Clock::now() - before, 10s);
    ASSERT_TRUE(testing::is_error(error, ErrorKind::network));
    EXPECT_EQ(error->hint().substr(error->hint().find("asked before")),
              "asked before, in vain: " + nobody.address());
}

TEST_F(MirrorsTest, a_mirror_that_gives_none_of_many_a_token_is_left_out) {
    settings({{address(*mirror_), ""}});
    mirror_->require("never", {fmt::format(R"(Bearer realm="{}/token")", mirror_->server().url())});
    mirror_->script("/token", FakeResponse{.status = 403});
    std::vector<oci::Descriptor> blobs;
    for (const auto* text : {"one", "two", "three", "four"})
        blobs.push_back(in_both(text));
    EXPECT_EQ(download(blobs), (FetchedBytes{{address(*registry_), 3 + 3 + 5 + 4}}));
    EXPECT_GE(mirror_->server().count("/token"), 1U); // who comes late may ask again
    EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(MirrorsTest, a_silent_mirror_is_left_out_after_one_stall) {
    settings({{address(*mirror_), ""}});
    policy_.stall_time = 1s;
    const auto blob = in_both("layer");
    mirror_->script(FakeRegistry::blob_path(blob.digest), FakeResponse{.silent = true});
    const auto before = Clock::now();
    EXPECT_EQ(download({blob}), (FetchedBytes{{address(*registry_), 5}}));
    EXPECT_LT(Clock::now() - before, 8s);
    EXPECT_EQ(asked(*mirror_, blob), 1U);
}

} // namespace aic::registry
