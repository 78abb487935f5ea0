// SPDX-License-Identifier: Apache-2.0
#include "builder/image_copy.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/whole_store.hpp"

#include <gmock/gmock.h>

namespace aic::builder {

using cache::Visibility;

class ImageCopyTest : public ::testing::Test {
protected:
    cache::StoredImage original() const {
        return *whole_.store.find(whole_.image.record.id, whole_.image.record.variant);
    }

    ImageCopy copy(Vouching vouching = Vouching::makers,
                   Visibility visibility = Visibility::everyone) {
        return copy_image(original(), target_, vouching, visibility, {});
    }

    testing::WholeStore whole_;
    testing::TempDir directory_;
    cache::Store target_{directory_ / "target"};
};

TEST_F(ImageCopyTest, a_copy_has_the_same_bytes_and_stands_for_itself) {
    const auto made = copy();
    EXPECT_FALSE(made.was_there);
    EXPECT_EQ(read_file_if_exists(made.image.file(), 1 << 20), whole_.image.file);
    EXPECT_TRUE(copy().was_there);
    std::filesystem::remove_all(whole_.layout().root());
    EXPECT_TRUE(target_.find(made.image.record.id, made.image.record.variant));
}

TEST_F(ImageCopyTest, who_vouches_is_recorded_as_the_maker) {
    constexpr std::int64_t k_maker = 4711;
    testing::WholeImage foreign("foreign");
    foreign.record.segments[0].producer_uid = k_maker;
    whole_.add(foreign);
    const auto image = *whole_.store.find(foreign.record.id, foreign.record.variant);
    const auto kept = copy_image(image, target_, Vouching::makers, Visibility::everyone, {});
    EXPECT_EQ(kept.image.record.segments[0].producer_uid, k_maker);
    cache::Store other(directory_ / "other");
    const auto vouched = copy_image(image, other, Vouching::caller, Visibility::everyone, {});
    EXPECT_EQ(vouched.image.record.segments[0].producer_uid, ::geteuid());
}

TEST_F(ImageCopyTest, what_is_damaged_anywhere_leaves_nothing) {
    for (const auto& file : {whole_.file(), whole_.index()}) {
        const auto before = *read_file_if_exists(file, 1 << 20);
        for (const std::size_t at : {std::size_t{0}, before.size() / 2, before.size() - 1}) {
            auto damaged = before;
            damaged[at] = static_cast<char>(damaged[at] ^ 1);
            write_file(file, damaged, 0444);
            EXPECT_ERROR(ErrorKind::integrity, copy()) << file << " at " << at;
            EXPECT_TRUE(target_.list().empty());
            EXPECT_TRUE(entries_of(target_.layout().temporary()).empty());
        }
        write_file(file, before, 0444);
    }
    copy();
}

TEST_F(ImageCopyTest, a_link_in_the_place_of_the_file_is_not_followed) {
    const auto elsewhere = directory_ / "elsewhere";
    write_file(elsewhere, whole_.image.file, 0444);
    const auto image = original();
    std::filesystem::remove(whole_.file());
    std::filesystem::create_symlink(elsewhere, whole_.file());
    EXPECT_ANY_THROW(copy_image(image, target_, Vouching::makers, Visibility::everyone, {}));
    EXPECT_TRUE(target_.list().empty());
}

TEST_F(ImageCopyTest, who_stops_it_finds_nothing) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted, copy_image(original(), target_, Vouching::makers,
                                                    Visibility::everyone, stop.get_token()));
    EXPECT_TRUE(target_.list().empty());
    EXPECT_TRUE(entries_of(target_.layout().temporary()).empty());
}

TEST_F(ImageCopyTest, a_private_copy_is_its_owners) {
    const auto made = copy(Vouching::makers, Visibility::owner);
    EXPECT_EQ(cache::visibility_of(made.image.directory), Visibility::owner);
}

TEST_F(ImageCopyTest, references_lead_to_the_copy_unless_there_are_some) {
    const auto made = copy();
    copy_references(whole_.store, target_, {made});
    const auto found =
        target_.find_reference("docker.io/library/ubuntu:22.04", made.image.record.platform);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, made.image.record.id);
    auto own = *found;
    own.resolved_seconds += 1;
    target_.write_reference(own, made.image.record.platform);
    copy_references(whole_.store, target_, {made});
    EXPECT_EQ(target_.find_reference(own.reference, made.image.record.platform)->resolved_seconds,
              own.resolved_seconds);
}

} // namespace aic::builder
