// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "core/machine.hpp"
#include "registry/partial_blob.hpp"
#include "registry/partial_claims.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

#include <unistd.h>

#include <chrono>
#include <functional>
#include <thread>

namespace aic::registry {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

TEST(PartialClaimsTest, they_come_back_as_they_were_written) {
    PartialClaims claims{17, 1000, "boot", {}};
    EXPECT_EQ(parse_partial_claims(to_text(claims)), claims);
    claims.ranges.add({0, 10});
    claims.ranges.add({500, 1000});
    EXPECT_EQ(parse_partial_claims(to_text(claims)), claims);
    claims.boot.clear();
    EXPECT_EQ(parse_partial_claims(to_text(claims) + "rest of a longer text"), claims);
}

TEST(PartialClaimsTest, damaged_ones_are_none) {
    PartialClaims claims{17, 1000, "boot", {}};
    claims.ranges.add({10, 20});
    claims.ranges.add({500, 1000});
    const auto text = to_text(claims);
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_EQ(parse_partial_claims(damaged), std::nullopt) << i;
        EXPECT_EQ(parse_partial_claims(text.substr(0, i)), std::nullopt) << i;
    }
    claims.size_bytes = 999;
    EXPECT_EQ(parse_partial_claims(to_text(claims)), std::nullopt);
}

class PartialBlobTest : public ::testing::Test {
protected:
    static constexpr std::size_t k_half = 100'000;

    std::unique_ptr<PartialBlob> open() const {
        return std::make_unique<PartialBlob>(spool_, digest_, bytes_.size());
    }

    std::span<const std::byte> part(std::size_t begin, std::size_t end) const {
        return as_bytes(bytes_).subspan(begin, end - begin);
    }

    void leave_half() const { open()->write(0, part(0, k_half)); }

    const testing::TempDir dir_;
    const fs::path directory_ = dir_ / "spool";
    const Spool spool_{directory_};
    const std::string bytes_ = [] {
        std::string text;
        for (std::size_t i = 0; text.size() < 2 * k_half; ++i)
            text += fmt::format("{} ", i);
        text.resize(2 * k_half);
        return text;
    }();
    const Digest digest_{sha256_of(bytes_)};
    const PartialPaths paths_ = spool_.partial_paths(digest_);
};

TEST_F(PartialBlobTest, pieces_in_any_order_become_the_blob) {
    auto blob = open();
    blob->write(150'000, part(150'000, 200'000));
    blob->write(0, part(0, 70'000));
    EXPECT_EQ(blob->contiguous_bytes(), 70'000U);
    EXPECT_FALSE(blob->is_complete());
    blob->write(70'000, part(70'000, 150'000));
    EXPECT_TRUE(blob->is_complete());
    EXPECT_EQ(blob->digest(), digest_);
    blob->publish();
    EXPECT_EQ(read_file_if_exists(directory_ / digest_.hex(), 1'000'000), bytes_);
    EXPECT_EQ(entries_of(directory_).size(), 1U);
}

TEST_F(PartialBlobTest, what_is_there_is_not_written_over) {
    auto blob = open();
    blob->write(0, part(0, k_half));
    blob->write(0, as_bytes(std::string(k_half, 'x')));
    blob->write(k_half - 10, part(k_half - 10, 2 * k_half));
    EXPECT_EQ(blob->digest(), digest_);
}

TEST_F(PartialBlobTest, what_came_outlives_the_object) {
    leave_half();
    auto blob = open();
    EXPECT_EQ(blob->ranges().total(), k_half);
    blob->write(k_half, part(k_half, 2 * k_half));
    EXPECT_EQ(blob->digest(), digest_);
}

TEST_F(PartialBlobTest, a_killed_process_leaves_what_it_has_claimed) {
    const auto copy = dir_ / "copy";
    {
        auto blob = open();
        blob->write(0, part(0, k_half)); // above the interval, so claimed at once
        fs::copy_file(paths_.written, copy);
    }
    fs::copy_file(copy, paths_.written, fs::copy_options::overwrite_existing);
    EXPECT_EQ(open()->ranges().total(), k_half);
}

TEST_F(PartialBlobTest, too_little_is_not_kept) {
    open()->write(0, part(0, 1000));
    EXPECT_TRUE(entries_of(directory_).empty());
}

TEST_F(PartialBlobTest, claims_of_another_boot_file_or_size_do_not_hold) {
    ByteRanges half;
    half.add({0, k_half});
    const auto open_with = [&](const std::function<PartialClaims(ino_t)>& claims) {
        leave_half(); // another file, whose number may be any
        const auto inode = fstat_of(open_file(paths_.data, O_RDONLY).get(), paths_.data).st_ino;
        write_file(paths_.written, to_text(claims(inode)), 0600);
        return open()->ranges().total();
    };
    const auto size = bytes_.size();
    EXPECT_EQ(open_with([&](ino_t inode) {
                  return PartialClaims{inode, size, boot_id(), half};
              }),
              k_half);
    EXPECT_EQ(open_with([&](ino_t inode) {
                  return PartialClaims{inode, size, "another", half};
              }),
              0U);
    EXPECT_EQ(open_with([&](ino_t inode) {
                  return PartialClaims{inode + 1, size, boot_id(), half};
              }),
              0U);
    EXPECT_EQ(open_with([&](ino_t inode) {
                  return PartialClaims{inode, size + 1, boot_id(), half};
              }),
              0U);
}

TEST_F(PartialBlobTest, synced_claims_hold_after_a_crash) {
    leave_half();
    const auto inode = fstat_of(open_file(paths_.data, O_RDONLY).get(), paths_.data).st_ino;
    ByteRanges quarter;
    quarter.add({0, k_half / 2});
    write_file(paths_.synced, to_text({inode, bytes_.size(), "", quarter}), 0600);
    fs::remove(paths_.written);
    EXPECT_EQ(open()->ranges().total(), k_half / 2);
}

TEST_F(PartialBlobTest, what_was_written_is_synced_while_more_comes) {
    auto blob = std::make_unique<PartialBlob>(spool_, digest_, bytes_.size(), 0s);
    blob->write(0, part(0, k_half));
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!fs::exists(paths_.synced) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    ASSERT_TRUE(fs::exists(paths_.synced));
    blob.reset();
    fs::remove(paths_.written); // as after a crash
    EXPECT_EQ(open()->ranges().total(), k_half);
}

TEST_F(PartialBlobTest, a_sync_that_ends_later_claims_nothing_of_what_is_complete_or_begun_anew) {
    for (int i = 0; i < 50; ++i) {
        PartialBlob blob(spool_, digest_, bytes_.size(), 0s);
        blob.write(0, part(0, k_half));
        if (i % 2 == 0) {
            blob.restart();
            blob.write(k_half, part(k_half, bytes_.size()));
            blob.write(0, part(0, k_half));
        } else {
            blob.write(k_half, part(k_half, bytes_.size()));
        }
        EXPECT_EQ(blob.digest(), digest_);
        blob.publish();
        EXPECT_FALSE(fs::exists(paths_.synced));
        fs::remove(spool_.path_of(digest_));
    }
    std::this_thread::sleep_for(100ms);
    EXPECT_FALSE(fs::exists(paths_.synced));
}

TEST_F(PartialBlobTest, claims_beyond_the_end_of_the_file_do_not_hold) {
    leave_half();
    fs::resize_file(paths_.data, k_half - 1);
    EXPECT_EQ(open()->ranges().total(), 0U);
}

TEST_F(PartialBlobTest, a_file_that_others_may_write_is_not_believed) {
    leave_half();
    fs::permissions(paths_.data, fs::perms(0666));
    EXPECT_EQ(open()->ranges().total(), 0U);
}

TEST_F(PartialBlobTest, a_planted_symlink_is_not_followed) {
    write_file(dir_ / "elsewhere", "precious");
    fs::create_symlink(dir_ / "elsewhere", paths_.data);
    auto blob = open();
    blob->write(0, as_bytes(bytes_));
    EXPECT_EQ(blob->digest(), digest_);
    EXPECT_EQ(read_file_if_exists(dir_ / "elsewhere", 100), "precious");
}

TEST_F(PartialBlobTest, two_at_a_time_do_not_meet) {
    auto first = open();
    auto second = open();
    first->write(0, as_bytes(std::string(bytes_.size(), 'x')));
    second->write(0, as_bytes(bytes_));
    EXPECT_FALSE(second->is_kept());
    EXPECT_EQ(second->digest(), digest_);
    second->publish();
    EXPECT_EQ(read_file_if_exists(directory_ / digest_.hex(), 1'000'000), bytes_);
}

TEST_F(PartialBlobTest, a_restarted_one_is_empty_and_can_be_filled_again) {
    auto blob = open();
    blob->write(0, as_bytes(std::string(bytes_.size(), 'x')));
    EXPECT_NE(blob->digest(), digest_);
    blob->restart();
    EXPECT_EQ(blob->ranges().total(), 0U);
    blob->write(0, as_bytes(bytes_));
    EXPECT_EQ(blob->digest(), digest_);
}

} // namespace aic::registry
