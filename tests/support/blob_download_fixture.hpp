// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/files.hpp"
#include "registry/blob_download.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace aic::registry {

namespace fs = std::filesystem;
using testing::FakeRegistry;
using testing::FakeRequest;
using testing::FakeResponse;
using testing::FakeServer;

/// Downloads from a registry that does as it is told.
class BlobDownloadTest : public ::testing::Test {
protected:
    /// Downloads into the spool; returns how each place in the list was reported.
    std::map<std::size_t, Verified> download(const std::vector<BlobRequest>& blobs,
                                             std::stop_token stop = {}) {
        const auto reference = oci::Reference::parse(registry_.reference("1"));
        Places places(*reference.registry(), Config{},
                      testing::fake_environment({{"HOME", "/nowhere"}}), policy_);
        std::map<std::size_t, Verified> reported;
        download_blobs(
            places, blobs, spool_,
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

} // namespace aic::registry
