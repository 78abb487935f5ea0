// SPDX-License-Identifier: Apache-2.0
#include "builder/import_turn.hpp"
#include "core/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <thread>

namespace aic::builder {

TEST(ImportTurnTest, the_key_tells_reference_platform_and_variant_apart) {
    const auto amd64 = oci::Platform::parse("linux/amd64");
    const auto key = claim_key("docker.io/library/a:1", amd64, "zstd1-128k");
    EXPECT_EQ(key.size(), 64U);
    EXPECT_EQ(claim_key("docker.io/library/a:1", amd64, "zstd1-128k"), key);
    EXPECT_NE(claim_key("docker.io/library/a:2", amd64, "zstd1-128k"), key);
    EXPECT_NE(claim_key("docker.io/library/a:1", oci::Platform::parse("linux/arm64"), "zstd1-128k"),
              key);
    EXPECT_NE(claim_key("docker.io/library/a:1", amd64, "lz4-128k"), key);
}

TEST(ImportTurnTest, a_job_is_named_with_its_step) {
    std::map<std::string, std::string> variables;
    const Environment environment = [&](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    EXPECT_EQ(slurm_job(environment), "");
    variables["SLURM_JOB_ID"] = "1234";
    EXPECT_EQ(slurm_job(environment), "1234");
    variables["SLURM_STEP_ID"] = "0";
    EXPECT_EQ(slurm_job(environment), "1234.0");
}

TEST(ImportTurnTest, a_holder_is_named_as_far_as_he_is_away) {
    const cache::ClaimNote own{.user = "bob", .host = "gpu01"};
    EXPECT_EQ(holder_text({.user = "alice", .host = "gpu03", .job = "7.0"}, own),
              "alice on gpu03 (job 7.0) is pulling this");
    EXPECT_EQ(holder_text({.user = "alice", .host = "gpu01"}, own), "alice is pulling this");
    EXPECT_EQ(holder_text({.user = "bob", .host = "gpu01", .pid = 12}, own),
              "process 12 is pulling this");
}

TEST(ImportTurnTest, work_is_told_as_a_share_and_the_time_left) {
    EXPECT_EQ(work_text({}), "");
    EXPECT_EQ(work_text({.done_bytes = 0, .total_bytes = 10, .taken_seconds = 9}), "");
    EXPECT_EQ(work_text({.done_bytes = 41, .total_bytes = 100, .taken_seconds = 1}), "41 %");
    EXPECT_EQ(work_text({.done_bytes = 50, .total_bytes = 100, .taken_seconds = 20}),
              "50 %, 20 s left");
    EXPECT_EQ(work_text({.done_bytes = 50, .total_bytes = 100, .taken_seconds = 120}),
              "50 %, 2 min left");
    EXPECT_EQ(work_text({.done_bytes = 200, .total_bytes = 100}), ""); // of a planted note
}

class WaitForTurnTest : public ::testing::Test {
protected:
    cache::Claimant claimant() { return {layout_, "abc", "", cache::Trust(::geteuid())}; }

    testing::TempDir directory_;
    cache::Layout layout_{directory_.path(), ::geteuid()};
};

TEST_F(WaitForTurnTest, alone_there_is_no_waiting_and_nothing_is_looked_for) {
    auto one = claimant();
    EXPECT_TRUE(wait_for_turn(one, nullptr,
                              [] {
                                  ADD_FAILURE();
                                  return true;
                              },
                              {}));
}

TEST_F(WaitForTurnTest, what_another_has_made_meanwhile_is_used) {
    auto first = claimant(), second = claimant();
    auto claim = wait_for_turn(first, nullptr, [] { return false; }, {});
    std::thread end([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
        claim.reset();
    });
    Progress progress;
    EXPECT_FALSE(wait_for_turn(second, &progress, [] { return true; }, {}));
    end.join();
    EXPECT_EQ(progress.phase(), fmt::format("process {} is pulling this", ::getpid()));
}

TEST_F(WaitForTurnTest, what_another_has_failed_to_make_is_made_here) {
    auto first = claimant(), second = claimant();
    auto claim = wait_for_turn(first, nullptr, [] { return false; }, {});
    std::thread end([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
        claim.reset();
    });
    EXPECT_TRUE(wait_for_turn(second, nullptr, [] { return false; }, {}));
    end.join();
}

TEST_F(WaitForTurnTest, where_no_claim_can_be_made_there_is_none) {
    std::ofstream(directory_.path() / "claims") << "no directory";
    auto one = claimant();
    EXPECT_FALSE(wait_for_turn(one, nullptr, [] { return false; }, {}));
}

TEST_F(WaitForTurnTest, a_wait_can_be_stopped) {
    auto first = claimant(), second = claimant();
    const auto claim = wait_for_turn(first, nullptr, [] { return false; }, {});
    std::stop_source stop;
    stop.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted,
                 wait_for_turn(
                     second, nullptr, [] { return false; }, stop.get_token()));
}

} // namespace aic::builder
