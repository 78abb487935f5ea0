// SPDX-License-Identifier: Apache-2.0
#include "cache/pins.hpp"
#include "cache/trash.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/golden_file.hpp"
#include "tests/support/sample_store.hpp"
#include "tests/support/sealed.hpp"

namespace aic::cache {

Pin sample_pin() {
    return {.id = ImageId(sha256_of("image")),
            .variant = "zstd1-128k",
            .note = "figures 2 to 4",
            .pinned_seconds = 1'700'000'000};
}

TEST(PinTest, the_format_is_that_of_the_golden_file) {
    testing::expect_golden("pin.json", to_json(sample_pin()));
}

TEST(PinTest, every_field_is_needed) {
    const auto whole = testing::fields_of(to_json(sample_pin()));
    for (const auto& [name, value] : whole.items()) {
        auto lacking = whole;
        lacking.erase(name);
        EXPECT_ERROR_SAYING(ErrorKind::integrity, name, parse_pin(testing::sealed(lacking)))
            << name;
    }
}

TEST(PinsTest, a_pin_is_there_until_it_is_removed) {
    const testing::SampleStore sample;
    const Pins pins(sample.layout());
    auto pin = sample_pin();
    EXPECT_FALSE(pins.find(pin.id, pin.variant));
    pins.set(pin);
    pin.note.reset();
    pins.set(pin);
    EXPECT_FALSE(pins.find(pin.id, pin.variant)->note);
    EXPECT_EQ(pins.all(), (std::vector<ImageKey>{{pin.id, pin.variant}}));
    EXPECT_TRUE(pins.remove(pin.id, pin.variant));
    EXPECT_FALSE(pins.remove(pin.id, pin.variant));
    EXPECT_TRUE(pins.all().empty());
}

TEST(PinsTest, pinning_an_image_that_is_being_removed_brings_it_back) {
    testing::SampleStore sample;
    const auto record = sample.add("a").record;
    Trash(sample.layout()).put(record.id, record.variant);
    Pins(sample.layout()).set({.id = record.id, .variant = record.variant});
    EXPECT_TRUE(sample.has(record.id));
}

} // namespace aic::cache
