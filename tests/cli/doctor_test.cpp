// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/capacity_verdict.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/doctor/mount_verdict.hpp"
#include "cli/doctor/probe_verdict.hpp"
#include "core/files.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace aic::cli::doctor {

namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// "warning locks", of what is not ok.
std::vector<std::string> complaints(const Findings& findings) {
    std::vector<std::string> all;
    for (const auto& finding : findings) {
        EXPECT_EQ(finding.mend.empty(), finding.verdict == Verdict::ok) << finding.subject;
        if (finding.verdict != Verdict::ok)
            all.push_back(std::string(to_string(finding.verdict)) + " " + finding.subject);
    }
    return all;
}

Mount nfs(std::vector<std::string> options) {
    return {"/data", "nfs4", "nas:/lab", std::move(options)};
}

cache::StoreProbe good_probe() {
    return {.seen_owner = 7, .locks_exclude = true, .links = true, .reflinks = false};
}

} // namespace

struct MountCase {
    const char* what;
    Mount mount;
    MountUse use;
    std::vector<std::string> complaints;
};

TEST(DoctorTest, what_a_mount_means_depends_on_its_use) {
    using enum MountUse;
    const std::vector<MountCase> cases = {
        {"as it should be", nfs({"rw", "hard", "vers=4.2", "local_lock=none"}), written_store, {}},
        {"soft", nfs({"rw", "soft"}), written_store, {"warning soft"}},
        {"locks of one node", nfs({"rw", "local_lock=flock"}), written_store, {"warning locks"}},
        {"no locks",
         nfs({"rw", "nolock", "vers=3"}),
         written_store,
         {"warning locks", "warning version"}},
        {"UDP", nfs({"proto=udp", "noac"}), written_store, {"warning proto", "warning caching"}},
        {"read-only where it is read", nfs({"ro"}), read_store, {}},
        {"read-only where it is written", nfs({"ro"}), written_store, {"problem read-only"}},
        {"downloads over the network", nfs({"rw"}), scratch, {"warning place"}},
        {"downloads on a disk", {"/", "ext4", "/dev/sda1", {"rw"}}, scratch, {}},
        {"downloads in memory", {"/tmp", "tmpfs", "tmpfs", {"rw"}}, scratch, {"warning place"}},
        {"images in memory", {"/tmp", "tmpfs", "tmpfs", {"rw"}}, written_store, {"warning place"}},
        {"made-up owners", {"/x", "fuse.sshfs", "h:/", {"rw"}}, written_store, {"warning owners"}},
        {"Lustre", {"/x", "lustre", "m:/fs", {"rw", "flock"}}, written_store, {}},
        {"Lustre without locks",
         {"/x", "lustre", "m:/fs", {"rw"}},
         written_store,
         {"warning locks"}},
    };
    for (const auto& one : cases)
        EXPECT_EQ(complaints(judge_mount(one.mount, one.use)), one.complaints) << one.what;
}

TEST(DoctorTest, an_option_is_mended_where_it_is_set) {
    const auto findings = judge_mount(nfs({"rw", "soft", "vers=4.2"}), MountUse::written_store);
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].text, "nfs4 'nas:/lab' at '/data', soft,vers=4.2");
    EXPECT_THAT(findings[1].mend, HasSubstr("umount /data && mount /data"));
}

TEST(DoctorTest, room_is_measured_by_images) {
    const auto left = [](std::uint64_t bytes, std::uint64_t inodes) {
        return complaints(judge_capacity({bytes, 1ULL << 50, inodes, 1 << 20}, "gc"));
    };
    EXPECT_THAT(left(1ULL << 40, 1 << 19), IsEmpty());
    EXPECT_THAT(left(5ULL << 30, 1 << 19), ElementsAre("warning space"));
    EXPECT_THAT(left(1 << 20, 100), ElementsAre("problem space", "problem inodes"));
    EXPECT_EQ(judge_capacity({1ULL << 40, 1ULL << 50, 0, 0}, "gc").size(), 1U) << "btrfs";
}

TEST(DoctorTest, how_a_file_system_behaves_is_judged) {
    EXPECT_THAT(complaints(judge_probe(good_probe(), 7)), IsEmpty());
    EXPECT_THAT(complaints(judge_probe(good_probe(), 8)), ElementsAre("problem your files"));
    auto probe = good_probe();
    probe.links = probe.locks_exclude = false;
    EXPECT_THAT(complaints(judge_probe(probe, 7)), ElementsAre("warning locks", "problem links"));
}

TEST(DoctorTest, a_clock_may_differ_a_little_and_either_way) {
    const auto clock = [](std::chrono::milliseconds ahead) {
        auto probe = good_probe();
        probe.clock_ahead = ahead;
        return complaints(judge_probe(probe, 7));
    };
    EXPECT_THAT(clock(-1900ms), IsEmpty());
    EXPECT_THAT(clock(-3s), ElementsAre("warning clock"));
    EXPECT_THAT(clock(3s), ElementsAre("warning clock"));
    EXPECT_THAT(clock(1h), ElementsAre("problem clock"));
}

class DoctorStoreTest : public ::testing::Test {
protected:
    Config config(const std::string& settings = "") {
        make_directories(dir_ / ".config/aic-image", 0700);
        write_file(dir_ / ".config/aic-image/config.toml", settings);
        return load_config(testing::fake_environment({{"HOME", dir_.path().native()},
                                                      {"AIC_IMAGE_ROOT", store().native()}}),
                           dir_ / "none.toml");
    }

    std::filesystem::path store() const { return dir_ / "store"; }

    testing::TempDir dir_;
};

TEST_F(DoctorStoreTest, settings_come_with_their_origin) {
    const auto section = check_settings(config("[gc]\nmin_age = \"36h\"\nminage = \"1d\"\n"));
    EXPECT_THAT(complaints(section.findings), ElementsAre("warning gc.minage"));
    EXPECT_EQ(section.findings[0].text, store().native() + "  (AIC_IMAGE_ROOT)");
    EXPECT_THAT(section.findings, Contains(::testing::Field(
                                      &Finding::text, HasSubstr("36h  (" + dir_.path().native()))));
    EXPECT_EQ(section.findings.back().mend, "call it 'gc.min_age', or take it out");
}

TEST_F(DoctorStoreTest, a_store_of_a_newer_release_is_a_problem) {
    make_directories(store(), 0700);
    write_file(store() / "store.json",
               R"({"format":99,"min_reader":99,"min_writer":99,"preset":"lab","trust":"group"})");
    const auto section = check_store(config(), store());
    EXPECT_THAT(complaints(section.findings), ElementsAre("problem store"));
    EXPECT_THAT(section.findings[0].text, HasSubstr("newer"));
}

TEST_F(DoctorStoreTest, a_private_store_in_which_others_write_is_a_problem) {
    make_directories(store() / "u", 0777);
    EXPECT_THAT(complaints(check_store(config(), store()).findings), Contains("problem modes"));
}

} // namespace aic::cli::doctor
