// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "registry/archive_source.hpp"
#include "registry/oci_layout.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layout_builder.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::registry {

using oci::ArchiveFormat;
using oci::ArchiveReference;
using testing::LayerBuilder;

namespace {

std::string hex_of(std::string_view bytes) {
    return Digest(sha256_of(bytes)).hex();
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts)
        list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", text);
    return "[" + list + "]";
}

/// A layer as a docker archive has it.
struct Layer {
    std::string path;
    std::string stored;
    std::string tar;
};

std::string config_of(const std::vector<Layer>& layers) {
    std::vector<std::string> diff_ids;
    for (const auto& layer : layers)
        diff_ids.push_back("sha256:" + hex_of(layer.tar));
    return fmt::format(
        R"({{"os":"linux","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":{}}}}})",
        quoted_list(diff_ids));
}

/// A line of manifest.json.
std::string image_line(const std::string& config_path, const std::vector<std::string>& tags,
                       const std::vector<Layer>& layers) {
    std::vector<std::string> paths;
    for (const auto& layer : layers)
        paths.push_back(layer.path);
    return fmt::format(R"({{"Config":"{}","RepoTags":{},"Layers":{}}})", config_path,
                       tags.empty() ? "null" : quoted_list(tags), quoted_list(paths));
}

} // namespace

class ArchiveSourceTest : public ::testing::Test {
protected:
    /// As Docker before 25 writes it, with one image.
    LayerBuilder docker_archive(const std::vector<Layer>& layers,
                                const std::vector<std::string>& tags = {"lab/x:1"}) const {
        const auto config = config_of(layers);
        const auto config_path = hex_of(config) + ".json";
        LayerBuilder builder;
        builder.file(config_path, config);
        for (const auto& layer : layers)
            if (!layer.stored.empty())
                builder.file(layer.path, layer.stored);
        return builder.file("manifest.json", "[" + image_line(config_path, tags, layers) + "]");
    }

    /// The files of a layout as members, with their names as "tar -C DIR -c ." has them.
    static LayerBuilder layout_archive(const fs::path& layout) {
        LayerBuilder builder;
        for (const auto& entry : fs::recursive_directory_iterator(layout))
            if (entry.is_regular_file())
                builder.file("./" + fs::relative(entry.path(), layout).native(),
                             read_file_if_exists(entry.path(), 1 << 24).value());
        return builder;
    }

    ArchiveSource source(const std::string& tar, ArchiveFormat format,
                         std::optional<std::string> name = std::nullopt) const {
        write_file(file_, tar);
        return opening({format, file_, std::move(name)});
    }

    ArchiveSource opening(ArchiveReference reference) const {
        return ArchiveSource(
            [reference = std::move(reference), spool = dir_ / "spool"](std::stop_token stop) {
                return open_archive(reference, spool, stop);
            });
    }

    static ResolvedImage resolved_layout(const testing::LayoutBuilder& layout) {
        return LayoutSource(*layout.reference().layout()).resolve(oci::Platform::host(), {});
    }

    static ResolvedImage resolve(ArchiveSource& source) {
        return source.resolve(oci::Platform::host(), {});
    }

    /// What the layers' blobs hold, and how far they are verified.
    static std::vector<std::pair<std::string, Verified>> layers_of(ArchiveSource& source) {
        std::vector<BlobRequest> requests;
        for (const auto& layer : resolve(source).manifest.layers)
            requests.push_back({layer, nullptr});
        std::vector<std::pair<std::string, Verified>> found(requests.size());
        source.fetch(requests, "/never/used",
                     [&](std::size_t i, const BlobFile& file) {
                         std::string bytes(file.size_bytes.value(), '\0');
                         pread_exact(file.fd->get(), std::as_writable_bytes(std::span(bytes)),
                                     file.offset, file.path);
                         found[i] = {bytes, file.verified};
                     },
                     {});
        return found;
    }

    const testing::TempDir dir_;
    const fs::path file_ = dir_ / "x.tar";
    const std::string lower_ = LayerBuilder().file("a", "1").tar();
    const std::string upper_ = LayerBuilder().file("b", "2").tar();
};

TEST_F(ArchiveSourceTest, an_old_docker_archive_gets_a_manifest_that_says_it_is_made_up) {
    const std::vector<Layer> layers = {{"1/layer.tar", lower_, lower_},
                                       {"2/layer.tar", upper_, upper_}};
    auto archive = source(docker_archive(layers).tar(), ArchiveFormat::docker);
    const auto image = resolve(archive);
    EXPECT_THAT(image.manifest_json, ::testing::HasSubstr("made from the manifest.json"));
    EXPECT_EQ(image.manifest_digest, Digest(sha256_of(image.manifest_json)));
    EXPECT_EQ(archive.current_digest(oci::Platform::host(), {}), image.manifest_digest);
    EXPECT_EQ(archive.config_json(image.manifest.config, {}), config_of(layers));
    ASSERT_EQ(image.manifest.layers.size(), 2U);
    EXPECT_EQ(image.manifest.layers[1].digest, Digest(sha256_of(upper_)));
    EXPECT_EQ(image.manifest.layers[1].size_bytes, upper_.size());
    EXPECT_THAT(layers_of(archive), ::testing::ElementsAre(std::pair(lower_, Verified::yes),
                                                           std::pair(upper_, Verified::yes)));
}

TEST_F(ArchiveSourceTest, a_layer_may_be_a_link_to_another_images) {
    const std::vector<Layer> layers = {{"1/layer.tar", lower_, lower_},
                                       {"2/layer.tar", "", lower_}};
    auto builder = docker_archive(layers).symlink("2/layer.tar", "../1/layer.tar");
    auto archive = source(builder.tar(), ArchiveFormat::docker);
    const auto image = resolve(archive);
    EXPECT_EQ(image.manifest.layers[0].digest, image.manifest.layers[1].digest);
    EXPECT_EQ(layers_of(archive)[1].first, lower_);
}

TEST_F(ArchiveSourceTest, a_compressed_layer_of_a_docker_archive_has_the_digest_of_its_blob) {
    for (const auto& [blob, type] :
         {std::pair(testing::gzip(lower_), "application/vnd.oci.image.layer.v1.tar+gzip"),
          std::pair(testing::zstd(lower_), "application/vnd.oci.image.layer.v1.tar+zstd")}) {
        auto archive =
            source(docker_archive({{"x.tar.gz", blob, lower_}}).tar(), ArchiveFormat::docker);
        const auto layer = resolve(archive).manifest.layers.at(0);
        EXPECT_EQ(layer.digest, Digest(sha256_of(blob)));
        EXPECT_EQ(layer.media_type, type);
        EXPECT_EQ(layers_of(archive)[0].first, blob);
    }
    auto archive = source(docker_archive({{"x", "BZh91AY", lower_}}).tar(), ArchiveFormat::docker);
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "compressed with bzip2", resolve(archive));
}

TEST_F(ArchiveSourceTest, docker_25_brings_the_images_own_manifest) {
    testing::LayoutBuilder layout;
    layout.layer(lower_).write();
    const auto own = resolved_layout(layout);
    const auto config_path = "blobs/sha256/" + own.manifest.config.digest.hex();
    const Layer layer{"blobs/sha256/" + hex_of(lower_), lower_, lower_};
    auto builder = layout_archive(layout.root());
    builder.file("manifest.json", "[" + image_line(config_path, {"lab/x:1"}, {layer}) + "]");
    for (const auto format : {ArchiveFormat::docker, ArchiveFormat::any, ArchiveFormat::oci}) {
        auto archive = source(builder.tar(), format);
        const auto image = resolve(archive);
        EXPECT_EQ(image.manifest_json, own.manifest_json);
        EXPECT_EQ(layers_of(archive)[0].first, lower_);
    }
}

TEST_F(ArchiveSourceTest, an_oci_archive_is_read_as_its_layout) {
    testing::LayoutBuilder layout;
    layout.layer(lower_).layer(upper_, testing::gzip(upper_)).write();
    auto archive = source(layout_archive(layout.root()).tar(), ArchiveFormat::oci);
    const auto image = resolve(archive);
    EXPECT_EQ(image.manifest_digest, resolved_layout(layout).manifest_digest);
    EXPECT_EQ(Digest(sha256_of(archive.config_json(image.manifest.config, {}))),
              image.manifest.config.digest);
    EXPECT_THAT(layers_of(archive),
                ::testing::ElementsAre(std::pair(lower_, Verified::no),
                                       std::pair(testing::gzip(upper_), Verified::no)));
    auto tagged = source(layout_archive(layout.root()).tar(), ArchiveFormat::oci, "2");
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "has no tag '2'", resolve(tagged));
}

TEST_F(ArchiveSourceTest, of_several_images_one_is_named) {
    const std::vector<Layer> a = {{"1/layer.tar", lower_, lower_}};
    const std::vector<Layer> b = {{"2/layer.tar", upper_, upper_}};
    const auto tar =
        LayerBuilder()
            .file("a.json", config_of(a))
            .file("b.json", config_of(b))
            .file("1/layer.tar", lower_)
            .file("2/layer.tar", upper_)
            .file("manifest.json", fmt::format("[{},{}]", image_line("a.json", {"a:1", "lab/a"}, a),
                                               image_line("b.json", {"docker.io/library/b:1"}, b)))
            .tar();
    const auto layers = [&](std::optional<std::string> name) {
        auto archive = source(tar, ArchiveFormat::docker, std::move(name));
        return layers_of(archive).at(0).first;
    };
    EXPECT_EQ(layers("docker.io/library/a:1"), lower_);
    EXPECT_EQ(layers("docker.io/lab/a:latest"), lower_);
    EXPECT_EQ(layers("docker.io/library/b:1"), upper_);
    EXPECT_ERROR_SAYING(ErrorKind::not_found, "'r.io/c:1'", layers("r.io/c:1"));
    const auto error = testing::error_thrown_by([&] { layers(std::nullopt); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::usage));
    EXPECT_EQ(error->hint(), "images there: docker.io/library/a:1, docker.io/lab/a:latest, "
                             "docker.io/library/b:1");
}

TEST_F(ArchiveSourceTest, a_docker_archive_whose_parts_do_not_fit_is_refused) {
    const std::vector<Layer> layers = {{"1/layer.tar", lower_, lower_}};
    const auto refuse = [&](const LayerBuilder& builder, std::string_view saying) {
        auto archive = source(builder.tar(), ArchiveFormat::docker);
        EXPECT_ERROR_SAYING(ErrorKind::integrity, saying, resolve(archive));
    };
    refuse(docker_archive({{"1/layer.tar", "", lower_}}), "'1/layer.tar' in '");
    refuse(LayerBuilder().file("manifest.json", "[" + image_line("c.json", {}, layers) + "]"),
           "the image config 'c.json'");
    const auto named = hex_of("another") + ".json";
    refuse(LayerBuilder()
               .file(named, config_of(layers))
               .file("manifest.json", "[" + image_line(named, {}, layers) + "]"),
           "its digest is");
    refuse(LayerBuilder()
               .file("c.json", config_of({}))
               .file("1/layer.tar", lower_)
               .file("manifest.json", "[" + image_line("c.json", {}, layers) + "]"),
           "names 1 layers where the image config has 0");
    refuse(LayerBuilder().file("manifest.json", "{}"), "no list of images");
    refuse(LayerBuilder().file("manifest.json", "[{}]"), "image 1: the field 'Config'");
}

TEST_F(ArchiveSourceTest, what_the_tar_is_instead_is_said) {
    const auto error_of = [&](const LayerBuilder& builder, ArchiveFormat format) {
        auto archive = source(builder.tar(), format);
        return testing::error_thrown_by([&] { resolve(archive); });
    };
    const auto old = error_of(LayerBuilder().file("repositories", "{}"), ArchiveFormat::docker);
    ASSERT_TRUE(testing::is_error(old, ErrorKind::not_found));
    EXPECT_THAT(old->hint(), ::testing::HasSubstr("older than 1.10"));
    const auto layout = error_of(LayerBuilder().file("index.json", "{}"), ArchiveFormat::docker);
    ASSERT_TRUE(testing::is_error(layout, ErrorKind::not_found));
    EXPECT_THAT(layout->hint(), ::testing::HasSubstr("oci-archive:"));
    for (const auto format : {ArchiveFormat::oci, ArchiveFormat::any})
        EXPECT_TRUE(testing::is_error(error_of(LayerBuilder().file("etc/passwd", ""), format),
                                      ErrorKind::not_found));
}

TEST_F(ArchiveSourceTest, a_file_that_is_no_plain_tar_gets_a_hint) {
    const auto error_of = [&](const fs::path& file) {
        auto archive = opening({ArchiveFormat::oci, file, std::nullopt});
        return testing::error_thrown_by([&] { resolve(archive); });
    };
    write_file(file_, testing::gzip(lower_));
    const auto compressed = error_of(file_);
    ASSERT_TRUE(testing::is_error(compressed, ErrorKind::usage));
    EXPECT_THAT(compressed->message(), ::testing::HasSubstr("compressed with gzip"));
    EXPECT_THAT(compressed->hint(), ::testing::HasSubstr("gzip -dc '" + file_.native() + "' |"));
    const auto directory = error_of(dir_.path());
    ASSERT_TRUE(testing::is_error(directory, ErrorKind::usage));
    EXPECT_THAT(directory->hint(), ::testing::HasSubstr("oci:"));
    EXPECT_TRUE(testing::is_error(error_of(dir_ / "nowhere"), ErrorKind::not_found));
}

} // namespace aic::registry
