// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "registry/blob_download.hpp"
#include "tests/registry/registry_faults.hpp"
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

/// For GoogleTest.
static void PrintTo(const Fault& fault, std::ostream* out) {
    *out << fault.name;
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
                                     response.stall_after.value_or(k_size),
                                     response.trickle_after.value_or(k_size)});
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
