// SPDX-License-Identifier: Apache-2.0
#include "builder/assembly.hpp"
#include "core/pipeline.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/layer_builder.hpp"
#include "tests/support/layer_stack.hpp"

#include <atomic>
#include <random>
#include <thread>

namespace aic::builder {

using registry::BlobArrival;
using testing::LayerBuilder;
using testing::TempDir;

/// A tar of 4 MiB that does not compress.
static std::string random_tar(unsigned seed) {
    std::mt19937_64 random(seed);
    LayerBuilder layer;
    for (int i = 0; i < 64; ++i) {
        std::string content(64 << 10, '\0');
        for (auto& byte : content)
            byte = static_cast<char>(random());
        layer.file(fmt::format("{}/{}", seed, i), content);
    }
    return layer.tar();
}

/// A layer's blob that comes as far as a test wants.
class ArrivingBlob {
public:
    ArrivingBlob(const TempDir& directory, const std::string& tar, std::string blob)
        : bytes_(std::move(blob))
        , layer_(testing::blob_of(directory, bytes_, tar))
        , out_(open_file(layer_.file.path, O_RDWR | O_TRUNC)) {
        layer_.file.verified = registry::Verified::yes;
        layer_.file.arrival = arrival_;
        layer_.progress = &progress_;
    }

    const LayerBlob& layer() const { return layer_; }

    BlobArrival& arrival() { return *arrival_; }

    void come_to(std::size_t end) { come_to(end, bytes_); }

    /// Up to `end`, of these bytes.
    void come_to(std::size_t end, std::string_view bytes) {
        pwrite_all(out_.get(), as_bytes(bytes.substr(0, end)), 0, layer_.file.path);
        arrival_->advance(end);
    }

    void come_whole() {
        come_to(bytes_.size());
        arrival_->complete();
    }

    std::size_t half() const { return bytes_.size() / 2; }

    std::size_t size() const { return bytes_.size(); }

    const std::string& bytes() const { return bytes_; }

    void wait_until_converted(std::uint64_t bytes) const {
        while (progress_.converted_bytes < bytes)
            std::this_thread::yield();
    }

    std::uint64_t converted_bytes() const { return progress_.converted_bytes; }

private:
    const std::string bytes_;
    LayerBlob layer_;
    const Fd out_;
    const std::shared_ptr<BlobArrival> arrival_ = std::make_shared<BlobArrival>(bytes_.size());
    ProgressItem progress_;
};

class ArrivingLayerTest : public ::testing::Test {
protected:
    ArrivingLayerTest() { std::filesystem::create_directory(directory_ / "scratch"); }

    /// What the layers become when all of them are there.
    std::string expected() {
        const auto path = directory_ / "expected";
        ImageFile image(path);
        Assembly assembly(image, pool_, {.scratch = directory_ / "scratch"}, tars_.size());
        for (std::size_t i = 0; i < tars_.size(); ++i)
            assembly.blob_ready(i, testing::blob_of(directory_, tars_[i], tars_[i]));
        assembly.work({});
        return read_file_if_exists(path, 1 << 26).value();
    }

    std::string made() const { return read_file_if_exists(path_, 1 << 26).value(); }

    /// Two workers, so that the second layer can be ahead of its turn.
    void start() {
        for (int i = 0; i < 2; ++i)
            pipeline_.run([this](std::stop_token stop) { assembly_.work(stop); });
    }

    const TempDir directory_;
    const std::vector<std::string> tars_ = {random_tar(1), random_tar(2)};
    ArrivingBlob first_{directory_, tars_[0], tars_[0]};
    ArrivingBlob second_{directory_, tars_[1], testing::gzip(tars_[1])};
    const std::filesystem::path path_ = directory_ / "image";
    ImageFile image_{path_};
    Progress progress_;
    Crew crew_{1};
    squashfs::CompressorPool pool_{crew_, {}, 4096};
    Assembly assembly_{
        image_, pool_, {.scratch = directory_ / "scratch", .progress = &progress_}, 2};
    std::stop_source stop_;
    Pipeline pipeline_{stop_.get_token()};
};

TEST_F(ArrivingLayerTest, what_has_come_is_converted_before_the_rest_comes) {
    for (auto* blob : {&first_, &second_}) {
        blob->come_to(blob->half());
        assembly_.blob_ready(blob == &first_ ? 0 : 1, blob->layer());
    }
    start();
    first_.wait_until_converted(first_.half());
    second_.wait_until_converted(second_.half());
    EXPECT_EQ(first_.converted_bytes(), first_.half());
    second_.come_whole();
    first_.come_whole();
    pipeline_.wait();
    EXPECT_TRUE(made() == expected());
    EXPECT_EQ(progress_.written_bytes, image_.segments()[0].layer->segment.length_bytes
                                           + image_.segments()[1].layer->segment.length_bytes);
}

TEST_F(ArrivingLayerTest, however_it_trickles_the_bytes_are_the_same) {
    assembly_.blob_ready(0, first_.layer());
    assembly_.blob_ready(1, second_.layer());
    start();
    std::mt19937 random(3);
    for (std::size_t one = 0, two = 0; one < first_.size() || two < second_.size();) {
        one = std::min<std::size_t>(first_.size(), one + random() % 100'000);
        two = std::min<std::size_t>(second_.size(), two + random() % 300'000);
        first_.come_to(one);
        second_.come_to(two);
    }
    first_.arrival().complete();
    second_.arrival().complete();
    pipeline_.wait();
    EXPECT_TRUE(made() == expected());
}

TEST_F(ArrivingLayerTest, one_that_stalls_does_not_hold_up_the_others) {
    first_.come_to(first_.half());
    assembly_.blob_ready(0, first_.layer());
    second_.come_whole();
    assembly_.blob_ready(1, second_.layer());
    start();
    second_.wait_until_converted(second_.size());
    first_.come_whole();
    pipeline_.wait();
    EXPECT_TRUE(made() == expected());
}

TEST_F(ArrivingLayerTest, nothing_is_done_before_the_digest_is_known_to_be_right) {
    second_.come_whole();
    assembly_.blob_ready(1, second_.layer());
    first_.come_to(first_.size());
    assembly_.blob_ready(0, first_.layer());
    start();
    first_.wait_until_converted(first_.size());
    stop_.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted, pipeline_.wait());
    EXPECT_TRUE(image_.segments().empty());
}

TEST_F(ArrivingLayerTest, what_was_not_the_blob_is_converted_again) {
    assembly_.blob_ready(0, first_.layer());
    assembly_.blob_ready(1, second_.layer());
    start();
    for (auto* blob : {&first_, &second_}) {
        auto wrong = blob->bytes();
        for (std::size_t i = wrong.size() / 2; i < wrong.size(); i += 1000)
            wrong[i] = static_cast<char>(wrong[i] ^ 0x55);
        blob->come_to(blob->half());
        blob->wait_until_converted(blob->half());
        blob->come_to(blob->size(), wrong);
    }
    for (auto* blob : {&second_, &first_}) {
        blob->arrival().begin_anew();
        blob->come_to(blob->half());
        blob->come_whole();
    }
    pipeline_.wait();
    EXPECT_TRUE(made() == expected());
    EXPECT_EQ(first_.converted_bytes(), first_.size());
    EXPECT_EQ(progress_.written_bytes, image_.segments()[0].layer->segment.length_bytes
                                           + image_.segments()[1].layer->segment.length_bytes);
}

TEST_F(ArrivingLayerTest, what_makes_no_sense_is_an_error_once_it_is_known_to_be_the_blob) {
    const std::string nonsense(2 << 20, 'x');
    ArrivingBlob blob(directory_, tars_[0], nonsense);
    blob.come_to(blob.half());
    assembly_.blob_ready(0, blob.layer());
    start();
    blob.wait_until_converted(1);
    blob.come_whole();
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "layer " + blob.layer().descriptor.digest.str(),
                        pipeline_.wait());
}

TEST_F(ArrivingLayerTest, what_ends_the_download_is_told_as_it_was) {
    first_.come_to(first_.half());
    assembly_.blob_ready(0, first_.layer());
    start();
    first_.wait_until_converted(first_.half());
    first_.arrival().fail(std::make_exception_ptr(
        Error(ErrorKind::network, "fetching it: cut").with_hint("try again")));
    const auto error = testing::error_thrown_by([&] { pipeline_.wait(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::network);
    EXPECT_EQ(error->message(), "fetching it: cut");
    EXPECT_EQ(error->hint(), "try again");
}

TEST_F(ArrivingLayerTest, a_download_that_ends_while_nonsense_waits_for_its_verdict_is_told_too) {
    ArrivingBlob blob(directory_, tars_[0], std::string(2 << 20, 'x'));
    blob.come_to(blob.half());
    assembly_.blob_ready(0, blob.layer());
    start();
    blob.wait_until_converted(1);
    blob.arrival().fail(std::make_exception_ptr(Error(ErrorKind::network, "cut")));
    EXPECT_ERROR_SAYING(ErrorKind::network, "cut", pipeline_.wait());
}

TEST_F(ArrivingLayerTest, a_stop_ends_the_wait_for_more) {
    first_.come_to(first_.half());
    assembly_.blob_ready(0, first_.layer());
    start();
    first_.wait_until_converted(first_.half());
    stop_.request_stop();
    EXPECT_ERROR(ErrorKind::interrupted, pipeline_.wait());
}

} // namespace aic::builder
