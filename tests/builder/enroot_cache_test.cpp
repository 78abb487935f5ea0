// SPDX-License-Identifier: Apache-2.0
#include "builder/enroot_cache.hpp"
#include "builder/layer_conversion.hpp"
#include "core/files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layer_stack.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

namespace fs = std::filesystem;

namespace aic::builder {

class EnrootCacheTest : public ::testing::Test {
protected:
    EnrootCacheTest() {
        make_directories(cache, 0700);
        write_file(file, testing::zstd(tar), 0640);
    }

    std::optional<EnrootCache::Layer> found() const { return EnrootCache(cache).find(served); }

    testing::TempDir directory;
    const fs::path cache = directory / "enroot";
    const std::string tar = testing::LayerBuilder().file("f", "text").tar();
    /// As the registry serves it, in another compression than the cache has.
    const oci::Descriptor served{.media_type = "application/vnd.oci.image.layer.v1.tar+gzip",
                                 .digest = Digest(sha256_of(testing::gzip(tar))),
                                 .size_bytes = testing::gzip(tar).size()};
    const fs::path file = cache / served.digest.hex();
};

TEST_F(EnrootCacheTest, a_layer_is_found_under_the_digest_it_was_served_with) {
    const auto layer = found();
    ASSERT_TRUE(layer);
    EXPECT_EQ(layer->descriptor.digest, served.digest);
    EXPECT_EQ(layer->descriptor.size_bytes, fs::file_size(file));
}

TEST_F(EnrootCacheTest, what_is_found_converts_by_its_diff_id_alone) {
    const auto layer = found();
    ASSERT_TRUE(layer);
    const auto convert = [&](const DiffId& diff_id) {
        const auto target = open_file(directory / "segment", O_RDWR | O_CREAT | O_TRUNC);
        Crew crew(0);
        squashfs::CompressorPool pool(crew, {squashfs::CompressionKind::none, 0}, 4096);
        return convert_layer({layer->file, layer->descriptor, diff_id},
                             {target.get(), directory / "segment", 0, nullptr}, pool, {});
    };
    EXPECT_EQ(convert(DiffId(sha256_of(tar))).entry_count, 1U);
    EXPECT_ERROR(ErrorKind::integrity, convert(DiffId(sha256_of("another"))));
}

TEST_F(EnrootCacheTest, what_is_wrong_with_a_file_is_told) {
    const EnrootCache kept(cache);
    const auto fault = [&](const DiffId& diff_id) {
        return kept.fault_of(found().value(), diff_id, {});
    };
    const DiffId right(sha256_of(tar));
    const DiffId wrong(sha256_of("another"));
    EXPECT_FALSE(fault(right));
    EXPECT_EQ(fault(wrong), fmt::format("it holds {} instead of {}", right.str(), wrong.str()));
    write_file(file, testing::zstd(tar).substr(0, 30), 0640);
    EXPECT_TRUE(fault(right));
}

TEST_F(EnrootCacheTest, what_was_left_out_is_not_found) {
    EnrootCache kept(cache);
    kept.leave_out(served);
    EXPECT_FALSE(kept.find(served));
}

TEST_F(EnrootCacheTest, a_directory_that_is_not_there_is_not_usable) {
    EXPECT_TRUE(EnrootCache(cache).is_usable());
    EXPECT_FALSE(EnrootCache(directory / "nowhere").is_usable());
}

TEST_F(EnrootCacheTest, what_is_not_there_is_not_found) {
    fs::remove(file);
    EXPECT_FALSE(found());
    fs::remove_all(cache);
    EXPECT_FALSE(found());
}

TEST_F(EnrootCacheTest, a_directory_that_others_may_write_in_is_passed_over) {
    ASSERT_EQ(::chmod(cache.c_str(), 0770), 0);
    EXPECT_FALSE(found());
}

TEST_F(EnrootCacheTest, a_file_that_others_may_change_is_passed_over) {
    ASSERT_EQ(::chmod(file.c_str(), 0660), 0);
    EXPECT_FALSE(found());
}

TEST_F(EnrootCacheTest, only_regular_files_are_layers) {
    fs::rename(file, cache / "elsewhere");
    fs::create_symlink("elsewhere", file);
    EXPECT_FALSE(found()) << "a link";
    fs::remove(file);
    fs::create_directory(file);
    EXPECT_FALSE(found()) << "a directory";
    fs::remove(file);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    EXPECT_FALSE(found()) << "a pipe";
}

TEST(EnrootCacheDirectoryTest, is_where_enroot_has_it) {
    const auto directory = [](std::map<std::string, std::string> variables) {
        return EnrootCache::default_directory(testing::fake_environment(std::move(variables)));
    };
    EXPECT_EQ(directory({{"HOME", "/home/a"}}), "/home/a/.cache/enroot");
    EXPECT_EQ(directory({{"HOME", "/home/a"}, {"XDG_CACHE_HOME", "/cache"}}), "/cache/enroot");
    EXPECT_EQ(directory({{"XDG_CACHE_HOME", "/cache"}, {"ENROOT_CACHE_PATH", "/enroot"}}),
              "/enroot");
}

} // namespace aic::builder
