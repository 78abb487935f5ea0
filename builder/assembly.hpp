// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/donors.hpp"
#include "builder/image_file.hpp"
#include "builder/layer_conversion.hpp"

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

namespace aic::builder {

struct AssemblyOptions {
    std::filesystem::path scratch; ///< for segments that are done before their turn
    Progress* progress = nullptr;
};

/// Converts layers as their blobs arrive and puts their segments into an image file in the
/// manifest's order. The lowest unfinished layer writes straight into the image; those ahead of it
/// make their segments in the scratch directory and are appended when it is their turn. So the
/// file's bytes never depend on which blob came first, nor on how it came.
class Assembly {
public:
    Assembly(ImageFile& image, squashfs::CompressorPool& pool, const AssemblyOptions& options,
             std::size_t layer_count);

    /// From any thread: layer `index` can be read, or what has come of it.
    void blob_ready(std::size_t index, LayerBlob blob);
    /// The same: its segment is there already and need only be taken over.
    void donor_ready(std::size_t index, Donor donor);
    /// Takes layers until none is left; any number of threads may run it.
    void work(std::stop_token stop);

    /// How the segments of donors came into the image; after work(), if there were any.
    std::optional<CopyMethod> copy_method() const { return copy_method_; }

private:
    std::optional<std::size_t> take();
    /// Where a layer comes from.
    using Origin = std::variant<LayerBlob, Donor>;

    void ready(std::size_t index, Origin origin);
    const Origin& wait_for_origin(std::size_t index, std::stop_token stop);
    void wait_for_turn(std::size_t index, std::stop_token stop);
    bool is_turn(std::size_t index);
    void convert(std::size_t index, const LayerBlob& blob, std::stop_token stop);
    void convert_as_it_is(std::size_t index, const LayerBlob& blob, std::stop_token stop);
    void convert_as_it_comes(std::size_t index, const LayerBlob& blob, std::stop_token stop);
    void take_over(std::size_t index, const Donor& donor, std::stop_token stop);
    void convert_in_place(const LayerBlob& blob, std::stop_token stop);
    void convert_aside(std::size_t index, const LayerBlob& blob, std::stop_token stop);
    void advance();

    std::optional<CopyMethod> copy_method_; ///< touched only by the thread whose turn it is
    ImageFile& image_;                      ///< touched only by the thread whose turn it is
    squashfs::CompressorPool& pool_;
    const AssemblyOptions options_;

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<std::optional<Origin>> origins_; // guarded by mutex_
    std::size_t next_ = 0;                       // guarded by mutex_: the next layer to be taken
    std::size_t turn_ = 0;                       // guarded by mutex_: the next to go into the image
};

} // namespace aic::builder
