// SPDX-License-Identifier: Apache-2.0
#include "tests/support/folding_fixture.hpp"
#include "tests/support/race.hpp"

#include <random>

namespace aic::cache {

using testing::sample_record;

class FoldingRaceTest : public testing::FoldingTest {};

/// One of everything that can happen, chosen by `random`.
void change_something(const testing::StoreFiller& store, std::mt19937& random,
                      const std::string& prefix) {
    const auto name = prefix + std::to_string(random() % 5);
    auto record = sample_record(name);
    record.size_bytes = random() % 1000;
    switch (random() % 8) {
    case 0:
    case 1:
        return store.add_image(record);
    case 2:
        return store.remove_image(record);
    case 3:
        return store.refer(name, record.id);
    case 4:
        return store.forget_reference(name);
    case 5:
        return store.set_name(name, record);
    case 6:
        return store.remove_name(name, record);
    default:
        return random() % 2 ? store.pin(record) : store.unpin(record);
    }
}

TEST_F(FoldingRaceTest, folding_equals_rebuilding_whatever_happens) {
    std::mt19937 random(20261124);
    for (int step = 0; step < 400; ++step) {
        change_something(store, random, "x");
        if (random() % 10 == 0)
            fold(layout, random() % 2 ? FoldLock::advisory : FoldLock::none);
        if (random() % 20 == 0) {
            ASSERT_EQ(seen(), in_files()) << "step " << step;
        }
    }
    fold(layout);
    EXPECT_EQ(in_newest(), in_files());
    EXPECT_TRUE(rebuild(layout).empty());
}

TEST_F(FoldingRaceTest, nothing_is_lost_by_many_processes_that_fold_at_once) {
    for (const auto lock : {FoldLock::advisory, FoldLock::none}) {
        testing::race(16, [&](int number) {
            std::mt19937 random(static_cast<unsigned>(number));
            for (int step = 0; step < 6; ++step) {
                const auto own = sample_record(fmt::format("own {} {}", number, step));
                store.add_image(own);
                try {
                    change_something(store, random, "shared");
                } catch (const std::exception&) {
                    // Another one took its directory away: an intent stays, as after a crash.
                }
                fold(layout, lock);
                if (!view_catalogue(layout).catalogue.dump().contains(
                        fmt::format("u/{} image {}.{}", ::geteuid(), own.id.hex(), own.variant)))
                    throw Error(ErrorKind::system, "an image is not seen by its maker");
            }
            return 0;
        });
        EXPECT_EQ(seen(), in_files());
        fold(layout);
        const auto generation = Generations(layout).load().value();
        EXPECT_NO_THROW(generation.catalogue.check());
        EXPECT_EQ(generation.catalogue.dump(), in_files());
        EXPECT_TRUE(rebuild(layout).empty());
    }
}

} // namespace aic::cache
