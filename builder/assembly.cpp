// SPDX-License-Identifier: Apache-2.0
#include "builder/assembly.hpp"

#include "core/error.hpp"

#include <unistd.h>

namespace aic::builder {

Assembly::Assembly(ImageFile& image, squashfs::CompressorPool& pool, const AssemblyOptions& options,
                   std::size_t layer_count)
    : image_(image)
    , pool_(pool)
    , options_(options)
    , blobs_(layer_count) {}

void Assembly::blob_ready(std::size_t index, LayerBlob blob) {
    std::lock_guard lock(mutex_);
    blobs_.at(index) = std::move(blob);
    changed_.notify_all();
}

void Assembly::work(std::stop_token stop) {
    while (const auto index = take()) {
        const auto& blob = wait_for_blob(*index, stop);
        in_context([&] { return fmt::format("layer {}", blob.descriptor.digest.str()); },
                   [&] {
                       if (is_turn(*index))
                           convert_in_place(blob, stop);
                       else
                           convert_aside(*index, blob, stop);
                   });
        advance();
    }
}

std::optional<std::size_t> Assembly::take() {
    std::lock_guard lock(mutex_);
    return next_ < blobs_.size() ? std::optional(next_++) : std::nullopt;
}

const LayerBlob& Assembly::wait_for_blob(std::size_t index, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return blobs_[index].has_value(); }))
        throw Error(ErrorKind::interrupted, "stopped");
    return *blobs_[index]; // set once and never moved
}

void Assembly::wait_for_turn(std::size_t index, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return turn_ == index; }))
        throw Error(ErrorKind::interrupted, "stopped");
}

bool Assembly::is_turn(std::size_t index) {
    std::lock_guard lock(mutex_);
    return turn_ == index;
}

void Assembly::advance() {
    std::lock_guard lock(mutex_);
    ++turn_;
    changed_.notify_all();
}

void Assembly::convert_in_place(const LayerBlob& blob, std::stop_token stop) {
    auto* written = options_.progress ? &options_.progress->written_bytes : nullptr;
    image_.add_segment(std::make_shared<const layers::LayerIndex>(
        convert_layer(blob, image_.target(written), pool_, options_.block_bytes, stop)));
}

void Assembly::convert_aside(std::size_t index, const LayerBlob& blob, std::stop_token stop) {
    const auto path = options_.scratch / fmt::format("segment-{}", index);
    const auto file = open_file(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ::unlink(path.c_str()); // the descriptor is enough, and nothing is left behind
    auto layer = std::make_shared<const layers::LayerIndex>(
        convert_layer(blob, {file.get(), path, 0, nullptr}, pool_, options_.block_bytes, stop));
    wait_for_turn(index, stop);
    if (options_.progress)
        options_.progress->written_bytes += layer->segment.length_bytes;
    image_.append_segment(file.get(), path, std::move(layer));
}

} // namespace aic::builder
