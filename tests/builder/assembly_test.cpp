// SPDX-License-Identifier: Apache-2.0
#include "builder/assembly.hpp"
#include "core/pipeline.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layer_stack.hpp"

#include <algorithm>

namespace aic::builder {

using testing::LayerBuilder;
using testing::TempDir;

constexpr std::size_t k_layers = 6;

std::string layer_tar(std::size_t number) {
    LayerBuilder layer;
    for (std::size_t i = 0; i < 20; ++i)
        layer.file(fmt::format("{}/{}", number, i),
                   std::string(1 + (number + 1) * i * 997 % 30'000, static_cast<char>('a' + i)));
    return layer.tar();
}

struct Assembled {
    std::string bytes;
    std::vector<DiffId> diff_ids;
    std::size_t left_in_scratch;
};

/// Assembles the layers whose blobs arrive in this order.
Assembled assemble(unsigned workers, const std::vector<std::size_t>& arrival) {
    const TempDir directory;
    std::filesystem::create_directory(directory / "scratch");
    const auto path = directory / "image";
    ImageFile image(path);
    Crew crew(2);
    squashfs::CompressorPool pool(crew, {}, 4096);
    Assembly assembly(image, pool, {.scratch = directory / "scratch"}, k_layers);
    Pipeline pipeline({});
    for (unsigned i = 0; i < workers; ++i)
        pipeline.run([&](std::stop_token stop) { assembly.work(stop); });
    for (const auto index : arrival) {
        const auto tar = layer_tar(index);
        assembly.blob_ready(index, testing::blob_of(directory, tar, tar));
    }
    pipeline.wait();
    Assembled result{read_file_if_exists(path, 1 << 24).value(), {}, 0};
    for (const auto& segment : image.segments())
        result.diff_ids.push_back(segment.layer->diff_id.value());
    result.left_in_scratch = static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory / "scratch"), {}));
    return result;
}

TEST(AssemblyTest, workers_and_arrival_do_not_change_the_bytes) {
    const auto one = assemble(1, {0, 1, 2, 3, 4, 5});
    for (const unsigned workers : {1U, 2U, 4U, 8U})
        for (const auto& arrival : {std::vector<std::size_t>{5, 4, 3, 2, 1, 0},
                                    std::vector<std::size_t>{0, 1, 2, 3, 4, 5},
                                    std::vector<std::size_t>{3, 0, 5, 1, 4, 2}}) {
            const auto other = assemble(workers, arrival);
            EXPECT_TRUE(other.bytes == one.bytes) << workers;
            EXPECT_EQ(other.diff_ids, one.diff_ids) << workers;
        }
}

TEST(AssemblyTest, segments_stand_in_the_order_of_the_layers) {
    const auto assembled = assemble(4, {5, 4, 3, 2, 1, 0});
    ASSERT_EQ(assembled.diff_ids.size(), k_layers);
    for (std::size_t i = 0; i < k_layers; ++i)
        EXPECT_EQ(assembled.diff_ids[i], DiffId(sha256_of(layer_tar(i))));
}

TEST(AssemblyTest, the_scratch_directory_is_left_empty) {
    EXPECT_EQ(assemble(4, {5, 4, 3, 2, 1, 0}).left_in_scratch, 0U);
}

TEST(AssemblyTest, a_stop_ends_the_wait_for_a_blob) {
    const TempDir directory;
    ImageFile image(directory / "image");
    Crew crew(0);
    squashfs::CompressorPool pool(crew, {}, 4096);
    Assembly assembly(image, pool, {.scratch = directory.path()}, 2);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted, assembly.work(stop.get_token()));
}

} // namespace aic::builder
