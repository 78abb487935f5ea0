// SPDX-License-Identifier: Apache-2.0
//
// How fast a store's catalogue is with many images (bench/README.md).
//
//   bench_catalogue [IMAGES]
#include "cache/catalogue_view.hpp"
#include "cache/folding.hpp"
#include "cache/generation.hpp"
#include "tests/support/store_filler.hpp"
#include "tests/support/temp_dir.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace fs = std::filesystem;

namespace aic::cache {

constexpr int k_segments = 8;
constexpr int k_layers_shared_by = 10; ///< images have their lower layers in common
constexpr int k_runs = 5;
constexpr int k_changes = 200;

Record image(int number) {
    auto record = testing::sample_record(fmt::format("image {}", number));
    record.reference = fmt::format("registry.example.org/lab/project-{}:{}", number / 20, number);
    record.created_seconds += number;
    record.manifest_json.resize(2000, ' ');
    record.config_json.resize(6000, ' ');
    const auto part = record.segments.at(0);
    record.segments.clear();
    for (int layer = 0; layer < k_segments; ++layer) {
        const int of = layer < k_segments / 2 ? number / k_layers_shared_by : number;
        auto& segment = record.segments.emplace_back(part);
        segment.diff_id = DiffId(sha256_of(fmt::format("layer {} {}", of, layer)));
        segment.hash = ContentHash::of(fmt::format("segment {} {}", of, layer));
        segment.offset = 4096 + std::uint64_t(layer) * 100'000'000;
    }
    return record;
}

template <typename Body>
double milliseconds(const Body& body) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    return took.count();
}

/// The median of a few.
template <typename Body>
double median(const Body& body) {
    std::vector<double> times;
    for (int run = 0; run < k_runs; ++run)
        times.push_back(milliseconds(body));
    std::ranges::nth_element(times, times.begin() + k_runs / 2);
    return times[k_runs / 2];
}

void report(const char* what, double took, double target) {
    fmt::print("{:<36} {:>9.1f} ms   {}\n", what, took,
               target == 0      ? std::string()
               : took <= target ? fmt::format("target {:.0f} ms", target)
                                : fmt::format("target {:.0f} ms MISSED", target));
    std::fflush(stdout);
}

void publish(const testing::StoreFiller& store, int number) {
    const auto record = image(number);
    const auto key = ObjectKey::image(record.id, record.variant);
    store.place_image(record);
    ChangeNote note(store.layout(), key);
    note.done();
    fold_if_due(store.layout());
}

void measure_publishing(const testing::StoreFiller& store, int images) {
    const Generations generations(store.layout());
    std::vector<double> without_fold;
    std::vector<double> with_fold;
    double sum = 0;
    for (int change = 0; change < k_changes; ++change) {
        const auto before = generations.newest();
        const auto took = milliseconds([&] { publish(store, images + change); });
        (generations.newest() == before ? without_fold : with_fold).push_back(took);
        sum += took;
    }
    std::ranges::sort(without_fold);
    std::ranges::sort(with_fold);
    report("publish: note, fold when due (mean)", sum / k_changes, 100);
    report("publish: median", without_fold.at(without_fold.size() / 2), 100);
    report("publish: median of those that fold", with_fold.at(with_fold.size() / 2), 100);
    report("publish: the slowest", std::max(without_fold.back(), with_fold.back()), 0);
}

void run(int images) {
    const testing::TempDir directory;
    const testing::StoreFiller store(directory.path());
    const auto& layout = store.layout();
    fmt::print("{} images of {} segments in '{}'\n", images, k_segments, layout.root().native());
    for (int number = 0; number < images; ++number) {
        store.place_image(image(number));
        if (number % 100 == 0) // references are synced, and few would do
            store.refer(image(number).reference, image(number).id);
    }
    report("rebuild, the first", milliseconds([&] { rebuild(layout); }), 10'000);
    report("rebuild, over an old one", milliseconds([&] { rebuild(layout); }), 10'000);
    const auto newest = NumberedFiles(layout.catalogue(), ".db");
    fmt::print("a generation has {:.1f} MB\n",
               static_cast<double>(fs::file_size(newest.path(newest.newest()))) / 1e6);

    report("list", median([&] { view_catalogue(layout).catalogue.images(); }), 100);
    report("list, one pattern",
           median([&] { view_catalogue(layout).catalogue.images({.pattern = "*project-7:*"}); }),
           100);
    const SegmentKey segment{.diff_id = image(7).segments[0].diff_id.value(),
                             .compression = image(7).compression,
                             .block_bytes = image(7).block_bytes,
                             .format = 1};
    report("hit: open, holders of one segment",
           median([&] { view_catalogue(layout).catalogue.holders_of(segment); }), 50);
    const auto view = view_catalogue(layout);
    report("  of that, the look-up", median([&] { view.catalogue.holders_of(segment); }), 0);
    report("statistics", median([&] { view.catalogue.statistics(); }), 0);
    report("  quick_check", median([&] { view.catalogue.check(); }), 0);
    measure_publishing(store, images);
}

} // namespace aic::cache

int main(int argc, char** argv) {
    aic::cache::run(argc > 1 ? std::atoi(argv[1]) : 10'000);
}
