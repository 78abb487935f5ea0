// SPDX-License-Identifier: Apache-2.0
#include "builder/commit/layer.hpp"

#include "builder/build/derivation.hpp"
#include "builder/build/step_key.hpp"
#include "builder/build/step_layer.hpp"
#include "builder/packing.hpp"
#include "core/crew.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace aic::commit {

namespace {

/// The changes of two commits are two layers, equal or not.
build::StepKey new_key(const cache::StoredImage& base) {
    return build::StepKey(sha256_of(build::base_key(base.record.id, base.record.variant).hex()
                                    + " commit " + unique_name()));
}

void show_phase(Progress* progress, const char* name) {
    if (progress)
        progress->phase(name);
}

} // namespace

CommittedLayer commit_layer(const LayerRequest& request, int tar_fd, const Config& config,
                            Progress* progress, std::stop_token stop) {
    auto store = cache::Library(config).own();
    const auto packing = builder::packing_of(request.base);
    const auto visibility = store.description().preset == cache::Preset::personal
                                ? cache::Visibility::everyone
                                : cache::Visibility::owner;
    const auto key = new_key(request.base);
    show_phase(progress, "compressing what has changed");
    Crew crew(request.threads);
    squashfs::CompressorPool pool(crew, packing.compression, packing.block_bytes);
    const std::vector<cache::StoredImage> steps = {
        build::store_step_layer(store,
                                {.tar_fd = tar_fd,
                                 .reference = build::step_reference(key),
                                 .created_by = std::string(build::k_committed_by) + request.from,
                                 .comment = "",
                                 .platform = request.base.record.platform,
                                 .compression = packing.compression,
                                 .block_bytes = packing.block_bytes,
                                 .visibility = visibility},
                                pool, stop)};
    show_phase(progress, "putting the image together");
    const build::Recipe nothing;
    auto image = build::derive_image(store,
                                     {.base = request.base,
                                      .steps = steps,
                                      .recipe = nothing,
                                      .reference = build::build_reference(key),
                                      .base_name = request.base_name,
                                      .threads = request.threads,
                                      .visibility = visibility},
                                     stop);
    return {std::move(image), steps.front().record.segments.front().length_bytes};
}

std::optional<CommittedLayer> commit_stream(const LayerRequest& request, int pipe,
                                            const Config& config, std::stop_token stop) {
    const auto spool = config.spool.value / "build";
    require_private_directory(config.spool.value);
    require_private_directory(spool);
    WorkDir::remove_abandoned(spool);
    const WorkDir scratch(spool);
    const auto path = scratch.path() / "layer.tar";
    const auto tar = open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    FdSource source(Fd(::fcntl(pipe, F_DUPFD_CLOEXEC, 0)), "the changes");
    Bytes buffer(1 << 20);
    bool is_empty = true; // a tar of nothing is zeros
    while (const auto count = source.read(buffer)) {
        if (stop.stop_requested())
            throw Error(ErrorKind::interrupted, "interrupted");
        const auto bytes = std::span(buffer).first(count);
        is_empty =
            is_empty && std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{}; });
        write_all(tar.get(), bytes, path);
    }
    if (is_empty)
        return std::nullopt;
    if (::lseek(tar.get(), 0, SEEK_SET) != 0)
        throw system_error("reading '{}'", path.native());
    return commit_layer(request, tar.get(), config, nullptr, stop);
}

} // namespace aic::commit
