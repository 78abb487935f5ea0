// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/block_lane.hpp"
#include "tests/support/expect_error.hpp"

#include <random>

namespace aic::squashfs {

constexpr std::uint32_t k_block = 4096;

std::string random_bytes(std::size_t size) {
    std::mt19937 random(1);
    std::string bytes(size, '\0');
    for (char& c : bytes)
        c = static_cast<char>(random());
    return bytes;
}

class CompressorPoolTest : public ::testing::TestWithParam<const char*> {
protected:
    Crew crew{1};
    CompressorPool pool{crew, Compression::parse(GetParam()), k_block};
    BlockLane lane{pool, [] {}};

    std::string round_trip(std::string_view text) {
        auto& job = lane.acquire({});
        job.append(as_bytes(text));
        lane.submit(job);
        lane.work_until([&] { return lane.is_done(job); }, {});
        const auto packed = job.result();
        std::string result(as_text(packed));
        if (!(job.size_field() & k_block_stored)) {
            Bytes raw(k_block);
            raw.resize(make_decompressor(pool.compression().id())->decompress(packed, raw));
            result = as_text(raw);
        }
        EXPECT_EQ(stored_bytes(job.size_field()), packed.size());
        lane.release(job);
        return result;
    }
};

TEST_P(CompressorPoolTest, a_block_comes_back_as_it_was) {
    const std::string text(k_block, 'x');
    EXPECT_EQ(round_trip(text), text);
    EXPECT_EQ(round_trip("short"), "short");
}

TEST_P(CompressorPoolTest, what_cannot_be_compressed_is_stored) {
    const auto bytes = random_bytes(k_block);
    EXPECT_EQ(round_trip(bytes), bytes);
}

TEST_P(CompressorPoolTest, a_job_is_as_good_as_new_each_time) {
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(round_trip(std::string(100, 'a')), std::string(100, 'a'));
}

TEST_P(CompressorPoolTest, a_block_that_is_taken_is_let_go_after_it_was_used) {
    auto text = std::make_shared<const std::string>(random_bytes(k_block / 2)
                                                    + std::string(k_block / 2, 'x'));
    const std::weak_ptr<const std::string> watched = text;
    auto& job = lane.acquire({});
    job.take({as_bytes(*text), std::exchange(text, nullptr)});
    lane.submit(job);
    lane.work_until([&] { return lane.is_done(job); }, {});
    EXPECT_FALSE(watched.expired());
    lane.release(job);
    EXPECT_TRUE(watched.expired());
}

INSTANTIATE_TEST_SUITE_P(Compressors, CompressorPoolTest,
                         ::testing::Values("none", "gzip", "lz4", "zstd", "zstd:9"));

class BlockLaneTest : public ::testing::Test {
protected:
    static std::stop_token stopped() {
        std::stop_source stop;
        stop.request_stop();
        return stop.get_token();
    }

    /// All that are there for one lane.
    void acquire_all(BlockLane& lane) {
        for (std::size_t i = 0; i < pool.capacity() + 2; ++i)
            lane.acquire({});
    }

    Crew crew{1};
    CompressorPool pool{crew, {}, k_block};
};

TEST_F(BlockLaneTest, waiting_for_a_free_job_ends_with_the_stop) {
    BlockLane lane(pool, [] {});
    acquire_all(lane);
    EXPECT_ERROR(ErrorKind::interrupted, lane.acquire(stopped()));
}

TEST_F(BlockLaneTest, waiting_ends_with_the_failure) {
    BlockLane lane(pool, [] {});
    acquire_all(lane);
    lane.fail(std::make_exception_ptr(Error(ErrorKind::no_space, "full")));
    EXPECT_ERROR(ErrorKind::no_space, lane.acquire({}));
}

TEST_F(BlockLaneTest, a_lane_that_ends_gives_its_jobs_back) {
    for (int i = 0; i < 3; ++i) {
        BlockLane lane(pool, [] {});
        acquire_all(lane);
    }
}

TEST_F(BlockLaneTest, each_lane_has_two_blocks_to_fill_whatever_the_others_have) {
    BlockLane greedy(pool, [] {});
    acquire_all(greedy);
    std::deque<BlockLane> lanes;
    for (int i = 0; i < 20; ++i) {
        auto& lane = lanes.emplace_back(pool, [] {});
        lane.acquire({});
        lane.acquire({});
    }
}

TEST_F(BlockLaneTest, its_end_waits_for_the_crew) {
    for (int i = 0; i < 100; ++i) {
        BlockLane lane(pool, [] {});
        for (int j = 0; j < 4; ++j) {
            auto& job = lane.acquire({});
            job.append(Bytes(k_block));
            lane.submit(job);
        }
    }
}

} // namespace aic::squashfs
