// SPDX-License-Identifier: Apache-2.0
#include "cache/collector.hpp"
#include "cache/lease.hpp"
#include "cache/names.hpp"
#include "cache/pins.hpp"
#include "cache/removal.hpp"
#include "cache/trash.hpp"
#include "cache/uses.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/race.hpp"
#include "tests/support/sample_store.hpp"

#include <ctime>

namespace fs = std::filesystem;

namespace aic::cache {

using namespace std::chrono_literals;

const oci::Platform k_platform{"linux", "amd64", ""};

class CollectorTest : public ::testing::Test {
protected:
    /// An image made long ago, which nothing holds.
    Record add(std::string_view name) { return sample.add(name).record; }

    void give_name(const char* name, const Record& record) const {
        names.set(ImageName::parse(name), {record.id, record.variant, "pull x", "x"}, {},
                  Replace::yes);
    }

    static CollectOptions options_of(std::chrono::seconds trash_age = 7 * 24h) {
        return {.eviction = {.now_seconds = std::time(nullptr), .min_age = 14 * 24h},
                .trash_age = trash_age};
    }

    Collected run(const CollectOptions& options) { return collect(sample.store, options, {}); }

    Collected run() { return run(options_of()); }

    testing::SampleStore sample;
    const Names names{sample.layout()};
    const Trash trash{sample.layout()};
};

TEST_F(CollectorTest, what_nothing_holds_goes_to_the_trash) {
    const auto record = add("a");
    EXPECT_EQ(run().decisions.front().verdict, Verdict::remove);
    EXPECT_FALSE(sample.has(record.id));
    EXPECT_TRUE(trash.bring_back(record.id, record.variant));
}

TEST_F(CollectorTest, what_was_used_lately_stays) {
    const auto record = add("a");
    note_use(sample.layout(), record.id, record.variant);
    run();
    EXPECT_TRUE(sample.has(record.id));
}

TEST_F(CollectorTest, what_a_name_stands_or_stood_for_stays) {
    const auto first = add("a");
    const auto second = add("b");
    give_name("exp", first);
    give_name("exp", second);
    run();
    EXPECT_TRUE(sample.has(first.id));
    EXPECT_TRUE(sample.has(second.id));
    names.remove(ImageName::parse("exp"));
    run();
    EXPECT_FALSE(sample.has(first.id));
    EXPECT_FALSE(sample.has(second.id));
}

TEST_F(CollectorTest, what_is_pinned_stays_even_if_the_pin_is_damaged) {
    const auto record = add("a");
    Pins(sample.layout()).set({.id = record.id, .variant = record.variant});
    write_file(sample.layout().pin(record.id, record.variant), "{");
    run();
    EXPECT_TRUE(sample.has(record.id));
}

TEST_F(CollectorTest, where_a_name_can_not_be_read_nothing_goes) {
    const auto record = add("a");
    give_name("exp", add("b"));
    write_file(sample.layout().name("exp") / "00000009.json", "{");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "00000009.json", run());
    EXPECT_TRUE(sample.has(record.id));
}

TEST_F(CollectorTest, a_dry_run_changes_nothing) {
    const auto record = add("a");
    auto options = options_of(0s);
    options.mode = CollectOptions::Mode::dry_run;
    EXPECT_EQ(run(options).decisions.front().verdict, Verdict::remove);
    EXPECT_TRUE(sample.has(record.id));
}

TEST_F(CollectorTest, a_dry_run_counts_no_lease_of_a_job_that_is_over) {
    const auto record = add("a");
    const auto job = [&](const char* number) {
        return Lease{.holder = {.job = number, .step = "0", .host = "gpu03", .cluster = "alps"},
                     .image = {record.id, record.variant},
                     .image_owner = sample.layout().owner(),
                     .boot_id = "b1",
                     .taken_seconds = std::time(nullptr),
                     .ends_seconds = std::nullopt};
    };
    const Leases leases(sample.layout());
    leases.take(job("1"));
    auto options = options_of();
    options.mode = CollectOptions::Mode::dry_run;
    options.live_jobs = [] { return LiveJobs{"alps", {"2"}}; };
    EXPECT_EQ(run(options).decisions.front().verdict, Verdict::remove);
    EXPECT_EQ(leases.held(Vantage::current()).size(), 1U);
    leases.take(job("2"));
    EXPECT_EQ(run(options).decisions.front().verdict, Verdict::keep);
}

TEST_F(CollectorTest, the_trash_is_emptied_when_it_is_old) {
    const auto record = add("a");
    trash.put(record.id, record.variant);
    EXPECT_EQ(run().emptied_images, 0U);
    EXPECT_TRUE(trash.find(record.id, record.variant));
    const auto collected = run(options_of(0s));
    EXPECT_EQ(collected.emptied_images, 1U);
    EXPECT_EQ(collected.emptied_bytes, record.size_bytes);
    EXPECT_FALSE(trash.find(record.id, record.variant));
}

TEST_F(CollectorTest, references_go_when_their_image_is_gone_for_good) {
    const auto record = add("a");
    sample.store.write_reference({.reference = "a", .id = record.id}, k_platform);
    run();
    EXPECT_TRUE(sample.store.find_reference("a", k_platform)); // it may be restored
    run(options_of(0s));
    EXPECT_FALSE(sample.store.find_reference("a", k_platform));
}

TEST_F(CollectorTest, leavings_go) {
    const auto abandoned = sample.layout().temporary() / "gpu03.4711.0123456789abcdef";
    fs::create_directory(abandoned);
    const auto gone = testing::sample_record("gone");
    note_use(sample.layout(), gone.id, gone.variant);
    for (int i = 0; i < 30; ++i)
        give_name("exp", testing::sample_record(i % 2 ? "a" : "b"));
    EXPECT_EQ(run().leavings, 11U);
    EXPECT_FALSE(fs::exists(abandoned));
    EXPECT_FALSE(fs::exists(sample.layout().use(gone.id, gone.variant)));
    EXPECT_EQ(names.history(ImageName::parse("exp")).size(), 20U);
    EXPECT_EQ(run().leavings, 0U);
}

TEST_F(CollectorTest, a_little_takes_old_trash_and_abandoned_work) {
    const auto record = add("a");
    const auto abandoned = sample.layout().temporary() / "gpu03.4711.0123456789abcdef";
    fs::create_directory(abandoned);
    trash.put(record.id, record.variant);
    collect_a_little(sample.store, 7 * 24h);
    EXPECT_TRUE(trash.find(record.id, record.variant));
    collect_a_little(sample.store, 0s);
    EXPECT_FALSE(trash.find(record.id, record.variant));
    EXPECT_FALSE(fs::exists(abandoned));
}

TEST_F(CollectorTest, a_store_that_is_not_there_has_no_garbage) {
    const Store nowhere(sample.directory / "nowhere");
    EXPECT_TRUE(collect(nowhere, options_of(), {}).decisions.empty());
    EXPECT_NO_THROW(collect_a_little(nowhere, 0s));
}

TEST(RemovalTest, a_hold_that_appears_during_the_removal_brings_the_image_back) {
    testing::SampleStore sample;
    const auto record = sample.add("a").record;
    int asked = 0;
    EXPECT_FALSE(
        remove_unless(sample.layout(), record.id, record.variant, [&] { return ++asked > 1; }));
    EXPECT_TRUE(sample.has(record.id));
    EXPECT_EQ(asked, 2);
}

TEST(RemovalTest, an_image_comes_back_when_it_can_not_be_known_who_holds_it) {
    testing::SampleStore sample;
    const auto record = sample.add("a").record;
    int asked = 0;
    EXPECT_ERROR(ErrorKind::system,
                 remove_unless(sample.layout(), record.id, record.variant, [&]() -> bool {
                     if (++asked > 1)
                         throw Error(ErrorKind::system, "unreadable");
                     return false;
                 }));
    EXPECT_TRUE(sample.has(record.id));
}

TEST_F(CollectorTest, beside_many_collections_a_named_image_stays) {
    const auto record = add("a");
    testing::race(6, [&](int process) {
        for (int round = 0; round < 5; ++round) {
            if (process % 2) {
                run();
                continue;
            }
            const auto name = ImageName::parse(fmt::format("n{}.{}", process, round));
            names.set(name, {record.id, record.variant, "pull x", "x"}, {}, Replace::yes);
            if (round < 4)
                names.remove(name);
        }
        return 0;
    });
    EXPECT_EQ(names.all().size(), 3U);
    EXPECT_TRUE(sample.has(record.id));
}

} // namespace aic::cache
