// SPDX-License-Identifier: Apache-2.0
#include "builder/import.hpp"
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layout_builder.hpp"
#include "tests/support/temp_dir.hpp"

#include <random>
#include <thread>

namespace aic::builder {

using testing::FakeRegistry;
using testing::FakeRequest;
using testing::FakeResponse;

/// An image of one layer in a registry that serves its blob in two halves.
class ImportWhileArrivingTest : public ::testing::Test {
protected:
    ImportWhileArrivingTest() {
        const auto config = fmt::format(
            R"({{"architecture":"{}","os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}})",
            oci::Platform::host().architecture, DiffId(sha256_of(tar_)).str());
        const std::vector layers = {blob_};
        registry_.add_manifest(
            "1",
            testing::manifest_json(
                registry_.add_blob(config, "application/vnd.oci.image.config.v1+json"), layers));
    }

    static std::string random_tar() {
        std::mt19937_64 random(5);
        std::string content(4 << 20, '\0');
        for (auto& byte : content)
            byte = static_cast<char>(random());
        return testing::LayerBuilder().file("a", content).file("b", "b").tar();
    }

    ImportResult import(const char* store, std::stop_token stop = {}) {
        Config config;
        config.store.value = directory_ / store;
        config.spool.value = directory_ / "spool";
        auto options = testing::small_import_options();
        options.threads = 2;
        return import_image(oci::Reference::parse(registry_.reference("1")), config,
                            testing::fake_environment({{"HOME", "/nowhere"}}), options,
                            {&progress_, {}}, stop);
    }

    /// The answer to the first request is cut at half, and `then` answers the others.
    void serve_half_and(std::function<FakeResponse(const FakeRequest&)> then) {
        registry_.script(FakeRegistry::blob_path(blob_.digest),
                         [this, then, is_first = true](const FakeRequest& request) mutable {
                             if (!std::exchange(is_first, false))
                                 return then(request);
                             auto half = testing::ranged_response(request, tar_);
                             half.cut_after = tar_.size() / 2;
                             return half;
                         });
    }

    /// Of the layer's blob, half of which has come. The last bit waits for more.
    void wait_until_a_quarter_is_converted() const {
        const auto is_converted = [&] {
            const auto items = progress_.items();
            return !items.empty() && items[0].converted_bytes >= tar_.size() / 4;
        };
        while (!is_converted())
            std::this_thread::yield();
    }

    std::size_t requests() {
        return registry_.server().count(FakeRegistry::blob_path(blob_.digest));
    }

    std::string damaged() const {
        auto bytes = tar_;
        bytes[bytes.size() - 2000] ^= 1;
        return bytes;
    }

    const testing::TempDir directory_;
    const std::string tar_ = random_tar();
    Progress progress_;
    FakeRegistry registry_;
    const oci::Descriptor blob_ = registry_.add_blob(tar_);
};

TEST_F(ImportWhileArrivingTest, the_second_half_is_sent_when_some_of_the_first_is_converted) {
    serve_half_and([&](const FakeRequest& request) {
        wait_until_a_quarter_is_converted();
        return testing::ranged_response(request, tar_);
    });
    const auto result = import("store");
    EXPECT_EQ(requests(), 2U);
    registry_.script(FakeRegistry::blob_path(blob_.digest), FakeResponse{.body = tar_});
    EXPECT_EQ(import("other").record.file_digest, result.record.file_digest);
}

TEST_F(ImportWhileArrivingTest, a_wrong_digest_at_the_end_costs_a_second_download_and_no_more) {
    bool is_first = true;
    registry_.script(FakeRegistry::blob_path(blob_.digest), [&](const FakeRequest&) {
        return FakeResponse{.body = std::exchange(is_first, false) ? damaged() : tar_};
    });
    const auto result = import("store");
    EXPECT_EQ(requests(), 2U);
    EXPECT_EQ(import("other").record.file_digest, result.record.file_digest);
}

TEST_F(ImportWhileArrivingTest, a_blob_that_stays_wrong_is_refused_with_both_digests) {
    registry_.script(FakeRegistry::blob_path(blob_.digest), FakeResponse{.body = damaged()});
    EXPECT_ERROR_SAYING(ErrorKind::integrity,
                        fmt::format("instead of {}, and {} before", blob_.digest.str(),
                                    Digest(sha256_of(damaged())).str()),
                        import("store"));
    EXPECT_EQ(requests(), 2U);
}

TEST_F(ImportWhileArrivingTest, a_stop_in_the_middle_keeps_what_came) {
    std::stop_source stop;
    serve_half_and([&](const FakeRequest&) {
        wait_until_a_quarter_is_converted();
        stop.request_stop();
        return FakeResponse{.silent = true};
    });
    EXPECT_ERROR(ErrorKind::interrupted, import("store", stop.get_token()));
    std::string asked;
    registry_.script(FakeRegistry::blob_path(blob_.digest), [&](const FakeRequest& request) {
        asked = request.header("range");
        return testing::ranged_response(request, tar_);
    });
    import("store");
    EXPECT_EQ(asked, fmt::format("bytes={}-{}", tar_.size() / 2, tar_.size() - 1));
}

} // namespace aic::builder
