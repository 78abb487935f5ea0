// SPDX-License-Identifier: Apache-2.0
#include "builder/assembly.hpp"

#include "builder/arrival_verdict.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <unistd.h>

namespace aic::builder {

Assembly::Assembly(ImageFile& image, squashfs::CompressorPool& pool, const AssemblyOptions& options,
                   std::size_t layer_count)
    : image_(image)
    , pool_(pool)
    , options_(options)
    , origins_(layer_count) {}

void Assembly::ready(std::size_t index, Origin origin) {
    std::lock_guard lock(mutex_);
    origins_.at(index) = std::move(origin);
    changed_.notify_all();
}

void Assembly::blob_ready(std::size_t index, LayerBlob blob) {
    ready(index, std::move(blob));
}

void Assembly::donor_ready(std::size_t index, Donor donor) {
    ready(index, std::move(donor));
}

void Assembly::work(std::stop_token stop) {
    while (const auto index = take()) {
        const auto& origin = wait_for_origin(*index, stop);
        if (const auto* donor = std::get_if<Donor>(&origin))
            take_over(*index, *donor, stop);
        else
            convert(*index, std::get<LayerBlob>(origin), stop);
        advance();
    }
}

void Assembly::convert(std::size_t index, const LayerBlob& blob, std::stop_token stop) {
    if (blob.file.arrival)
        convert_as_it_comes(index, blob, stop);
    else
        convert_as_it_is(index, blob, stop);
}

/// What has come so far may turn out to be wrong. Then it comes once more, and is converted again.
void Assembly::convert_as_it_comes(std::size_t index, const LayerBlob& blob, std::stop_token stop) {
    auto& arrival = *blob.file.arrival;
    for (;;) {
        const auto round = arrival.state().round;
        try {
            return convert_as_it_is(index, blob, stop);
        } catch (const Error& error) {
            if (const auto failure = arrival.state().failure)
                std::rethrow_exception(failure); // as the download tells it
            if (error.kind() != ErrorKind::integrity
                || !has_begun_anew(arrival, round, pool_.crew(), stop))
                throw;
            debug("{}; converting it again", error.message());
        }
        if (blob.progress)
            blob.progress->converted_bytes = 0;
    }
}

void Assembly::convert_as_it_is(std::size_t index, const LayerBlob& blob, std::stop_token stop) {
    in_context([&] { return fmt::format("layer {}", blob.descriptor.digest.str()); },
               [&] {
                   if (is_turn(index))
                       convert_in_place(blob, stop);
                   else
                       convert_aside(index, blob, stop);
               });
}

void Assembly::take_over(std::size_t index, const Donor& donor, std::stop_token stop) {
    wait_for_turn(index, stop);
    copy_method_ =
        in_context([&] { return fmt::format("taking a layer over from {}", donor.reference); },
                   [&] {
                       return image_.append_segment({donor.file->get(), donor.path, donor.offset},
                                                    donor.layer, donor.producer_uid);
                   });
    if (options_.progress)
        options_.progress->written_bytes += donor.layer->segment.length_bytes;
}

std::optional<std::size_t> Assembly::take() {
    std::lock_guard lock(mutex_);
    return next_ < origins_.size() ? std::optional(next_++) : std::nullopt;
}

const Assembly::Origin& Assembly::wait_for_origin(std::size_t index, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return origins_[index].has_value(); }))
        throw Error(ErrorKind::interrupted, "stopped");
    return *origins_[index]; // set once and never moved
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
    const auto before = written ? written->load() : 0;
    try {
        image_.add_segment(std::make_shared<const layers::LayerIndex>(
            convert_layer(blob, image_.target(written), pool_, stop)));
    } catch (...) {
        if (written)
            *written = before; // the next attempt writes over it
        throw;
    }
}

void Assembly::convert_aside(std::size_t index, const LayerBlob& blob, std::stop_token stop) {
    const auto path = options_.scratch / fmt::format("segment-{}", index);
    const auto file = open_file(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ::unlink(path.c_str()); // the descriptor is enough, and nothing is left behind
    auto layer = std::make_shared<const layers::LayerIndex>(
        convert_layer(blob, {file.get(), path, 0, nullptr}, pool_, stop));
    wait_for_turn(index, stop);
    if (options_.progress)
        options_.progress->written_bytes += layer->segment.length_bytes;
    image_.append_segment({file.get(), path, 0}, std::move(layer));
}

} // namespace aic::builder
