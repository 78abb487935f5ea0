// SPDX-License-Identifier: Apache-2.0
#include "builder/import.hpp"
#include "tests/builder/layer_cases.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/image_listing.hpp"
#include "tests/support/layout_builder.hpp"

#include <algorithm>

namespace aic::builder {

using testing::LayerCase;
using testing::LayoutBuilder;

class ImageRules : public ::testing::TestWithParam<LayerCase> {};

TEST_P(ImageRules, hold_in_a_complete_image) {
    LayoutBuilder layout;
    const auto tars = testing::tars_of(GetParam().layers);
    for (const auto& tar : tars)
        layout.layer(tar);
    layout.write();
    auto options = testing::small_import_options();
    options.output = layout.directory() / "image.sqsh";
    const auto import = [&] {
        return import_image(layout.reference(), layout.config(), environment_variable, options, {},
                            {});
    };
    if (!GetParam().refusal.empty()) {
        EXPECT_ERROR_SAYING(ErrorKind::integrity, GetParam().refusal, import());
        EXPECT_FALSE(std::filesystem::exists(*options.output));
        return;
    }
    const auto image = import().file;
    const auto read = testing::listing_of_image(image);
    EXPECT_EQ(testing::text_of(testing::without_profile_files(read)),
              testing::expected_listing(GetParam()));
    if (!testing::has_program("unsquashfs"))
        GTEST_SKIP() << "unsquashfs (squashfs-tools) is missing";
    const auto unpacked = layout.directory() / "unpacked";
    EXPECT_TRUE(testing::unsquash(image, unpacked));
    EXPECT_EQ(testing::text_of(testing::listing_of_directory(unpacked)), testing::text_of(read));
}

INSTANTIATE_TEST_SUITE_P(Table, ImageRules, ::testing::ValuesIn(testing::layer_cases()),
                         [](const auto& parameter) {
                             return testing::identifier_of(parameter.param);
                         });

} // namespace aic::builder
