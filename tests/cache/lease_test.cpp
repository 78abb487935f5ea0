// SPDX-License-Identifier: Apache-2.0
#include "cache/collector.hpp"
#include "cache/lease.hpp"
#include "cache/trash.hpp"
#include "core/machine.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/golden_file.hpp"
#include "tests/support/sample_store.hpp"
#include "tests/support/sealed.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <ctime>

namespace aic::cache {

constexpr std::int64_t k_taken = 1'700'000'000;
constexpr std::int64_t k_hour = 3600;

Lease sample_lease() {
    return {.holder = {.job = "1234", .step = "0", .host = "gpu03", .cluster = "alps"},
            .image = {ImageId(sha256_of("image")), "zstd1-128k"},
            .image_owner = 2001,
            .boot_id = "b1",
            .taken_seconds = k_taken,
            .ends_seconds = k_taken + 10 * k_hour};
}

Vantage vantage_at(std::int64_t seconds, std::string host = "head", std::string boot_id = "b0") {
    return {seconds, std::move(host), std::move(boot_id)};
}

TEST(LeaseTest, the_format_is_that_of_the_golden_file) {
    testing::expect_golden("lease.json", to_json(sample_lease()));
}

TEST(LeaseTest, what_was_written_is_read) {
    auto lease = sample_lease();
    EXPECT_EQ(to_json(parse_lease(to_json(lease))), to_json(lease));
    lease.holder.cluster.reset();
    lease.ends_seconds.reset();
    EXPECT_EQ(to_json(parse_lease(to_json(lease))), to_json(lease));
}

TEST(LeaseTest, every_field_is_needed) {
    const auto whole = testing::fields_of(to_json(sample_lease()));
    for (const auto& [name, value] : whole.items()) {
        auto lacking = whole;
        lacking.erase(name);
        EXPECT_ERROR_SAYING(ErrorKind::integrity, name, parse_lease(testing::sealed(lacking)))
            << name;
    }
}

TEST(LeaseTest, it_is_over_a_day_after_the_jobs_time_limit) {
    const auto lease = sample_lease();
    EXPECT_FALSE(is_over(lease, vantage_at(k_taken + 33 * k_hour)));
    EXPECT_TRUE(is_over(lease, vantage_at(k_taken + 35 * k_hour)));
}

TEST(LeaseTest, without_a_time_limit_it_is_over_after_thirty_days) {
    auto lease = sample_lease();
    lease.ends_seconds.reset();
    EXPECT_FALSE(is_over(lease, vantage_at(k_taken + 29 * 24 * k_hour)));
    EXPECT_TRUE(is_over(lease, vantage_at(k_taken + 31 * 24 * k_hour)));
}

TEST(LeaseTest, it_is_over_on_its_node_once_that_was_started_anew) {
    const auto lease = sample_lease();
    EXPECT_FALSE(is_over(lease, vantage_at(k_taken, "gpu03", "b1")));
    EXPECT_TRUE(is_over(lease, vantage_at(k_taken, "gpu03", "b2")));
    EXPECT_FALSE(is_over(lease, vantage_at(k_taken, "gpu04", "b2"))) << "another node cannot know";
    EXPECT_FALSE(is_over(lease, vantage_at(k_taken, "gpu03", ""))) << "nor who knows no boot";
}

class LeasesTest : public ::testing::Test {
protected:
    /// Of a job that began just now on some other node.
    Lease lease_of(const Record& image) const {
        auto lease = sample_lease();
        lease.image = {image.id, image.variant};
        lease.image_owner = sample.layout().owner();
        lease.taken_seconds = std::time(nullptr);
        lease.ends_seconds = lease.taken_seconds + k_hour;
        return lease;
    }

    Collected collect_everything(LiveJobsQuery live_jobs = {},
                                 CollectOptions::Mode mode = CollectOptions::Mode::collect) {
        return collect(sample.store,
                       {.eviction = {.now_seconds = std::time(nullptr)},
                        .mode = mode,
                        .live_jobs = std::move(live_jobs)},
                       {});
    }

    static LiveJobsQuery running(std::string cluster, std::set<std::string> jobs) {
        return [=] { return LiveJobs{cluster, jobs}; };
    }

    testing::SampleStore sample;
    Leases leases{sample.layout()};
    Record record = sample.add("a").record;
};

TEST_F(LeasesTest, a_lease_is_there_until_it_is_released) {
    const auto lease = lease_of(record);
    EXPECT_FALSE(leases.release(lease.holder));
    leases.take(lease);
    ASSERT_EQ(leases.held(Vantage::current()).size(), 1U);
    EXPECT_EQ(leases.held(Vantage::current()).front().holder, lease.holder);
    EXPECT_TRUE(leases.release(lease.holder));
    EXPECT_FALSE(leases.release(lease.holder));
}

TEST_F(LeasesTest, each_step_on_each_node_has_its_own) {
    auto lease = lease_of(record);
    leases.take(lease);
    lease.holder.host = "gpu04";
    leases.take(lease);
    lease.holder.step = "batch";
    leases.take(lease);
    EXPECT_EQ(leases.held(Vantage::current()).size(), 3U);
    leases.release(lease.holder);
    EXPECT_EQ(leases.held(Vantage::current()).size(), 2U);
}

TEST_F(LeasesTest, a_whole_job_holds_many_images_and_releases_none) {
    auto lease = lease_of(record);
    leases.take(lease);
    lease.holder.step = k_whole_job;
    leases.take(lease);
    leases.take(lease);
    lease.image.variant = "lz4-128k";
    leases.take(lease);
    EXPECT_EQ(leases.held(Vantage::current()).size(), 3U);
    EXPECT_FALSE(leases.release(lease.holder));
    EXPECT_EQ(lease.holder.str().find('.'), std::string::npos);
}

TEST_F(LeasesTest, what_a_whole_job_holds_already_is_not_written_again) {
    auto lease = lease_of(record);
    lease.holder.step = k_whole_job;
    leases.take(lease);
    lease.taken_seconds += 60;
    leases.take(lease);
    EXPECT_EQ(leases.held(Vantage::current()).front().taken_seconds, lease.taken_seconds - 60);
    lease.boot_id = "another";
    leases.take(lease);
    lease.boot_id = boot_id();
    leases.take(lease);
    EXPECT_EQ(leases.held(Vantage::current()).front().taken_seconds, lease.taken_seconds);
}

TEST_F(LeasesTest, words_of_a_job_do_not_lead_out_of_the_directory) {
    auto lease = lease_of(record);
    lease.holder.job = "../../x";
    lease.holder.step = "a/b";
    lease.holder.host = std::string(300, '.') + "\n";
    leases.take(lease);
    EXPECT_EQ(entries_of(sample.layout().leases()).size(), 1U);
    EXPECT_TRUE(leases.release(lease.holder));
}

TEST_F(LeasesTest, what_a_running_job_was_handed_is_not_collected) {
    leases.take(lease_of(record));
    const auto other = sample.add("b").record;
    const auto collected = collect_everything();
    EXPECT_TRUE(sample.has(record.id));
    EXPECT_FALSE(sample.has(other.id));
    ASSERT_EQ(collected.decisions.size(), 2U);
    const auto kept = std::ranges::find(collected.decisions, Verdict::keep, &Decision::verdict);
    EXPECT_EQ(kept->reason, "held by a lease of job 1234.0 on gpu03");
}

TEST_F(LeasesTest, only_the_file_that_was_handed_out_is_held) {
    auto lease = lease_of(record);
    ++lease.image_owner;
    leases.take(lease);
    collect_everything();
    EXPECT_FALSE(sample.has(record.id));
}

TEST_F(LeasesTest, a_job_that_slurm_knows_no_more_holds_nothing) {
    leases.take(lease_of(record));
    collect_everything(running("alps", {"1234", "5"}));
    EXPECT_TRUE(sample.has(record.id));
    collect_everything(running("other", {"5"}));
    EXPECT_TRUE(sample.has(record.id)) << "the job is another cluster's";
    collect_everything([] { return std::nullopt; });
    EXPECT_TRUE(sample.has(record.id)) << "Slurm does not answer";
    collect_everything(running("alps", {"5"}), CollectOptions::Mode::dry_run);
    EXPECT_TRUE(sample.has(record.id)) << "a dry run";
    EXPECT_EQ(collect_everything(running("alps", {"5"})).leavings, 1U);
    EXPECT_FALSE(sample.has(record.id));
}

TEST_F(LeasesTest, slurm_is_asked_only_about_leases) {
    bool was_asked = false;
    collect_everything([&] {
        was_asked = true;
        return std::nullopt;
    });
    EXPECT_FALSE(was_asked);
}

TEST_F(LeasesTest, leasing_an_image_that_is_being_removed_brings_it_back) {
    Trash(sample.layout()).put(record.id, record.variant);
    leases.take(lease_of(record));
    EXPECT_TRUE(sample.has(record.id));
}

TEST_F(LeasesTest, what_is_no_lease_holds_nothing_and_disturbs_nobody) {
    leases.take(lease_of(record));
    write_file(sample.layout().leases() / "1.0.gpu03.lease", "{");
    EXPECT_EQ(leases.held(Vantage::current()).size(), 1U);
    EXPECT_TRUE(leases.over(Vantage::current(), {}).empty()) << "it may be of a newer release";
    EXPECT_EQ(leases.over(vantage_at(std::time(nullptr) + 31 * 24 * k_hour), {}).size(), 2U);
}

} // namespace aic::cache
