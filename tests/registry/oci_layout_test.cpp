// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "oci/media_type.hpp"
#include "registry/oci_layout.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/temp_dir.hpp"

#include <fmt/ranges.h>

namespace aic::registry {

namespace fs = std::filesystem;

class OciLayoutTest : public ::testing::Test {
protected:
    OciLayoutTest() {
        fs::create_directories(dir_ / "blobs/sha256");
        write_file(dir_ / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    }

    oci::Descriptor blob(std::string_view bytes, std::string_view type) const {
        auto descriptor = testing::descriptor_of(bytes, std::string(type));
        write_file(path_of(descriptor), bytes);
        return descriptor;
    }

    fs::path path_of(const oci::Descriptor& descriptor) const {
        return dir_ / "blobs/sha256" / descriptor.digest.hex();
    }

    oci::Descriptor image(std::string_view layer_bytes) const {
        const auto config =
            blob(testing::config_json("amd64", 1), "application/vnd.oci.image.config.v1+json");
        const auto layer = blob(layer_bytes, "application/vnd.oci.image.layer.v1.tar");
        return blob(testing::manifest_json(config, {&layer, 1}), oci::k_oci_manifest);
    }

    oci::Descriptor image_for(const char* architecture) const {
        const auto config =
            blob(testing::config_json(architecture, 1), "application/vnd.oci.image.config.v1+json");
        const auto layer = blob(architecture, "application/vnd.oci.image.layer.v1.tar");
        return blob(testing::manifest_json(config, {&layer, 1}), oci::k_oci_manifest);
    }

    /// index.json with these entries; "" is an entry without a name.
    void index(const std::vector<std::pair<std::string, oci::Descriptor>>& named) const {
        std::vector<std::string> lines;
        for (const auto& [name, descriptor] : named)
            lines.push_back(fmt::format(
                R"({{"mediaType":"{}","digest":"{}","size":{}{}}})", descriptor.media_type,
                descriptor.digest.str(), descriptor.size_bytes,
                name.empty()
                    ? ""
                    : fmt::format(R"(,"annotations":{{"org.opencontainers.image.ref.name":"{}"}})",
                                  name)));
        write_file(dir_ / "index.json",
                   fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", fmt::join(lines, ",")));
    }

    LayoutSource source(std::optional<std::string> tag = std::nullopt) const {
        return LayoutSource({dir_.path(), std::move(tag)});
    }

    ResolvedImage resolve(std::optional<std::string> tag = std::nullopt) const {
        return source(std::move(tag)).resolve(oci::Platform::parse("amd64"), {});
    }

    const testing::TempDir dir_;
};

TEST_F(OciLayoutTest, of_several_platforms_the_present_digest_is_the_chosen_ones) {
    std::vector<std::string> lines;
    for (const char* architecture : {"arm64", "amd64"}) {
        const auto entry = image_for(architecture);
        lines.push_back(fmt::format(
            R"({{"mediaType":"{}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"{}"}}}})",
            entry.media_type, entry.digest.str(), entry.size_bytes, architecture));
    }
    write_file(dir_ / "index.json",
               fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", fmt::join(lines, ",")));
    for (const char* name : {"arm64", "amd64"}) {
        const auto platform = oci::Platform::parse(name);
        EXPECT_EQ(source().current_digest(platform, {}),
                  source().resolve(platform, {}).index_or_manifest);
    }
}

TEST_F(OciLayoutTest, a_tag_is_resolved_and_its_blobs_are_used_in_place) {
    const auto a = image("a");
    index({{"1", a}, {"2", image("b")}});
    auto layout = source("1");
    EXPECT_EQ(layout.current_digest(oci::Platform::host(), {}), a.digest);
    const auto resolved = resolve("1");
    EXPECT_EQ(resolved.manifest_digest, a.digest);
    EXPECT_EQ(layout.config_json(resolved.manifest.config, {}), testing::config_json("amd64", 1));
    const BlobRequest request{resolved.manifest.layers[0], nullptr};
    std::vector<std::string> seen;
    layout.fetch({&request, 1}, "/never/used",
                 [&](std::size_t, const BlobFile& file) {
                     EXPECT_EQ(file.verified, Verified::no);
                     seen.push_back(file.path);
                 },
                 {});
    EXPECT_EQ(seen, std::vector<std::string>{path_of(request.descriptor).native()});
}

TEST_F(OciLayoutTest, without_a_tag_the_only_image_is_meant_or_latest) {
    const auto a = image("a"), b = image("b");
    index({{"1", a}});
    EXPECT_EQ(resolve().manifest_digest, a.digest);
    index({{"", a}});
    EXPECT_EQ(resolve().manifest_digest, a.digest);
    index({{"1", a}, {"latest", b}});
    EXPECT_EQ(resolve().manifest_digest, b.digest);
    index({{"1", a}, {"2", b}});
    const auto error = testing::error_thrown_by([&] { resolve(); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::usage));
    EXPECT_EQ(error->hint(), "tags there: 1, 2");
}

TEST_F(OciLayoutTest, nested_indexes_are_followed) {
    const auto manifest = image("a");
    const testing::PlatformManifest entry{manifest, "amd64"};
    const auto nested = blob(testing::index_json({&entry, 1}), oci::k_oci_index);
    index({{"1", nested}});
    EXPECT_EQ(resolve("1").manifest_digest, manifest.digest);
    EXPECT_EQ(resolve("1").index_or_manifest, nested.digest);
    EXPECT_ERROR(ErrorKind::no_platform, source("1").resolve(oci::Platform::parse("arm64"), {}));
}

TEST_F(OciLayoutTest, what_is_not_there_is_said) {
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "index.json", resolve());
    index({});
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "no image", resolve());
    index({{"1", image("a")}});
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "no tag '2'", resolve("2"));
    EXPECT_ERROR_SAYING(
        ErrorKind::not_found, "not an OCI layout",
        LayoutSource({dir_ / "nowhere", {}}).current_digest(oci::Platform::host(), {}));
    write_file(dir_ / "oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "version 2.0.0", resolve());
}

TEST_F(OciLayoutTest, a_blob_that_is_not_what_it_should_be_is_refused) {
    const auto manifest = image("a");
    index({{"1", manifest}});
    const BlobRequest request{resolve("1").manifest.layers[0], nullptr};
    const auto fetch = [&] {
        source("1").fetch({&request, 1}, "", [](std::size_t, const BlobFile&) {}, {});
    };
    const auto layer = path_of(request.descriptor);
    write_file(layer, "too long");
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "8 bytes instead of 1", fetch());
    fs::remove(layer);
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "lacks", fetch());
    fs::create_symlink("/etc/passwd", layer);
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "not a regular file", fetch());
    fs::remove(layer);
    fs::create_directory(layer);
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "not a regular file", fetch());
    write_file(path_of(manifest), std::string(manifest.size_bytes, 'x'));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "arrived as", resolve("1"));
}

} // namespace aic::registry
