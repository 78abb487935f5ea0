// SPDX-License-Identifier: Apache-2.0
#include "cache/claim.hpp"
#include "core/files.hpp"
#include "core/machine.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

namespace aic::cache {

using namespace std::chrono_literals;

class ClaimTest : public ::testing::Test {
protected:
    Claimant claimant(const std::string& key = "abc") {
        return Claimant(layout_, key, "77.0", Trust(::geteuid()),
                        {.beat = 10ms, .dead_after = 300ms});
    }

    std::unique_ptr<Claim> taken(Claimant& claimant) {
        if (claimant.holder())
            return nullptr;
        return claimant.take([this] { return WorkDone{done_bytes_, 100, 3}; });
    }

    std::vector<std::filesystem::path> files() const { return entries_of(layout_.claims()); }

    /// As a process that is gone without a word has left it.
    void plant(const ClaimNote& note, const std::string& name = "00000001.abc") {
        make_directories(layout_.claims(), 0700);
        write_file(layout_.claims() / name, to_json(note));
    }

    static ClaimNote note_of_another_host() {
        auto note = make_claim_note("");
        note.host = "gpu03";
        note.boot = "another";
        return note;
    }

    testing::TempDir directory_;
    Layout layout_{directory_.path(), ::geteuid()};
    std::atomic<std::uint64_t> done_bytes_ = 0;
};

TEST_F(ClaimTest, nobody_holds_what_nobody_took) {
    EXPECT_FALSE(claimant().holder());
}

TEST_F(ClaimTest, one_of_two_gets_it) {
    auto first = claimant(), second = claimant();
    EXPECT_FALSE(first.holder());
    EXPECT_FALSE(second.holder());
    const auto claim = first.take([] { return WorkDone{}; });
    ASSERT_TRUE(claim);
    EXPECT_FALSE(second.take([] { return WorkDone{}; })); // who looked before it was there
    ASSERT_TRUE(second.holder());
    EXPECT_EQ(second.holder()->host, host_name());
    EXPECT_EQ(second.holder()->job, "77.0");
}

TEST_F(ClaimTest, another_key_is_another_matter) {
    auto first = claimant(), other = claimant("def");
    const auto claim = taken(first);
    EXPECT_TRUE(taken(other));
}

TEST_F(ClaimTest, it_ends_with_its_owner) {
    auto first = claimant(), second = claimant();
    auto claim = taken(first);
    ASSERT_TRUE(second.holder());
    claim.reset();
    EXPECT_FALSE(second.holder());
    EXPECT_THAT(files(), ::testing::IsEmpty());
}

TEST_F(ClaimTest, who_waits_sees_how_far_it_is) {
    auto first = claimant(), second = claimant();
    const auto claim = taken(first);
    done_bytes_ = 41;
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (second.holder()->work.done_bytes != 41 && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(5ms);
    EXPECT_EQ(second.holder()->work.done_bytes, 41);
    EXPECT_EQ(second.holder()->work.total_bytes, 100);
}

TEST_F(ClaimTest, work_that_goes_on_is_waited_for_longer_than_the_dead_are) {
    auto first = claimant(), second = claimant();
    const auto claim = taken(first);
    const auto end = std::chrono::steady_clock::now() + 700ms;
    while (std::chrono::steady_clock::now() < end) {
        ASSERT_TRUE(second.holder());
        std::this_thread::sleep_for(20ms);
    }
}

TEST_F(ClaimTest, one_of_another_host_that_does_not_change_is_dead_in_the_end) {
    plant(note_of_another_host());
    auto heir = claimant();
    ASSERT_TRUE(heir.holder());
    std::this_thread::sleep_for(350ms);
    EXPECT_FALSE(heir.holder());
    const auto claim = heir.take([] { return WorkDone{}; });
    ASSERT_TRUE(claim);
    EXPECT_THAT(files(), ::testing::ElementsAre(layout_.claims() / "00000002.abc"));
}

TEST_F(ClaimTest, a_process_of_this_machine_that_is_gone_is_dead_at_once) {
    const auto child = ::fork();
    if (child == 0)
        ::_exit(0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    auto note = make_claim_note("");
    note.pid = child;
    plant(note);
    EXPECT_FALSE(claimant().holder());
}

TEST_F(ClaimTest, a_file_that_is_no_claim_holds_nobody_up) {
    make_directories(layout_.claims(), 0700);
    write_file(layout_.claims() / "00000001.abc", "x");
    auto one = claimant();
    EXPECT_TRUE(taken(one));
}

TEST_F(ClaimTest, what_is_no_ordinary_file_holds_nobody_up) {
    make_directories(layout_.claims(), 0700);
    ASSERT_EQ(::mkfifo((layout_.claims() / "00000001.abc").c_str(), 0600), 0);
    ASSERT_EQ(::symlink("/etc/passwd", (layout_.claims() / "00000002.abc").c_str()), 0);
    auto one = claimant();
    EXPECT_TRUE(taken(one));
}

TEST_F(ClaimTest, an_end_takes_no_file_away_that_has_become_anothers) {
    auto first = claimant();
    auto claim = taken(first);
    const auto file = files().at(0);
    ::unlink(file.c_str());
    plant(note_of_another_host());
    claim.reset();
    EXPECT_THAT(files(), ::testing::ElementsAre(file));
}

TEST_F(ClaimTest, what_has_not_changed_for_a_day_is_abandoned) {
    plant(note_of_another_host());
    EXPECT_THAT(abandoned_claims(layout_), ::testing::IsEmpty());
    const auto file = files().at(0);
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - 25h);
    EXPECT_THAT(abandoned_claims(layout_), ::testing::ElementsAre(file));
}

TEST(ClaimNoteTest, a_note_comes_back_as_it_was_and_fills_its_file) {
    auto note = make_claim_note("1234.0");
    note.beat = 9;
    note.work = {1, 2, 3};
    const auto text = to_json(note);
    EXPECT_EQ(text.size(), k_claim_file_bytes);
    const auto read = parse_claim_note(text);
    EXPECT_EQ(read.user, user_name(::geteuid()));
    EXPECT_EQ(read.pid, ::getpid());
    EXPECT_EQ(read.nonce, note.nonce);
    EXPECT_EQ(read.beat, 9);
    EXPECT_EQ(read.work.taken_seconds, 3);
    EXPECT_EQ(to_json(read), text);
}

TEST(ClaimNoteTest, long_names_are_cut_so_that_the_file_keeps_its_size) {
    EXPECT_EQ(to_json(make_claim_note(std::string(5000, 'j'))).size(), k_claim_file_bytes);
}

TEST(ClaimNoteTest, a_note_with_a_flipped_bit_or_cut_off_is_refused) {
    const auto whole = to_json(make_claim_note(""));
    const auto end = whole.find_last_not_of(' ');
    for (std::size_t i = 0; i < end; ++i) {
        auto text = whole;
        text[i] = static_cast<char>(text[i] ^ 1);
        EXPECT_ERROR(ErrorKind::integrity, parse_claim_note(text));
        EXPECT_ERROR(ErrorKind::integrity, parse_claim_note(whole.substr(0, i)));
    }
}

} // namespace aic::cache
