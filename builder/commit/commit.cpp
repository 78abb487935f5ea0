// SPDX-License-Identifier: Apache-2.0
#include "builder/commit/commit.hpp"

#include "builder/build/derivation.hpp"
#include "builder/build/step_key.hpp"
#include "builder/build/step_layer.hpp"
#include "builder/packing.hpp"
#include "core/crew.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::commit {

namespace {

class FileSink final : public Sink {
public:
    FileSink(int fd, const fs::path& path) : fd_(fd), path_(path) {}

    void write(std::span<const std::byte> bytes) override { write_all(fd_, bytes, path_); }

private:
    int fd_;
    const fs::path& path_;
};

/// Of the accounts that enroot writes into a container, those that are whoever starts it.
std::set<std::string> own_accounts(const fs::path& root) {
    std::set<std::string> names = {"root", "nobody", "nogroup"};
    const auto owner = fstat_of(open_directory(root).get(), root);
    if (const auto* user = ::getpwuid(owner.st_uid))
        names.insert(user->pw_name);
    if (const auto* group = ::getgrgid(owner.st_gid))
        names.insert(group->gr_name);
    return names;
}

/// The changes of two commits are two layers, equal or not.
build::StepKey new_key(const cache::StoredImage& base) {
    return build::StepKey(sha256_of(build::base_key(base.record.id, base.record.variant).hex()
                                    + " commit " + unique_name()));
}

class Committing {
public:
    Committing(const CommitRequest& request, const Config& config, Progress* progress,
               std::stop_token stop)
        : request_(request)
        , progress_(progress)
        , stop_(std::move(stop))
        , spool_(config.spool.value / "build")
        , store_(cache::Library(config).own())
        , packing_(builder::packing_of(request.base))
        // What lies in a container is its owner's: keys, tokens, a home.
        , visibility_(store_.description().preset == cache::Preset::personal
                          ? cache::Visibility::everyone
                          : cache::Visibility::owner)
        , key_(new_key(request.base)) {}

    CommitResult run() {
        require_private_directory(spool_.parent_path());
        require_private_directory(spool_);
        WorkDir::remove_abandoned(spool_);
        const WorkDir scratch(spool_);
        const auto path = scratch.path() / "layer.tar";
        const auto tar = open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600);
        CommitResult result{.changes = write_tar(tar.get(), path), .image = std::nullopt};
        if (result.changes.empty())
            return result;
        const auto layer = store_layer(tar.get(), path);
        result.layer_bytes = layer.record.segments.front().length_bytes;
        result.image = derive(layer);
        return result;
    }

private:
    void phase(const char* name) {
        if (progress_)
            progress_->phase(name);
    }

    Changes write_tar(int fd, const fs::path& path) {
        phase("comparing the container with its image");
        BaseTree base(request_.base);
        const layers::LeftOut left_out = [](const std::string& entry, const char* why) {
            warn("'/{}' is left out: {}", printable(entry), why);
        };
        FileSink sink(fd, path);
        try {
            return write_changes({.base = base,
                                  .root = request_.container,
                                  .compare = request_.compare,
                                  .own_accounts = own_accounts(request_.container),
                                  .left_out = left_out},
                                 sink, stop_);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::denied)
                throw Error(error).with_hint("'chmod -R u+rX' makes all of it readable to you");
            throw;
        }
    }

    cache::StoredImage store_layer(int tar, const fs::path& path) {
        phase("compressing what has changed");
        if (::lseek(tar, 0, SEEK_SET) != 0)
            throw system_error("reading '{}'", path.native());
        Crew crew(request_.threads);
        squashfs::CompressorPool pool(crew, packing_.compression, packing_.block_bytes);
        return build::store_step_layer(
            store_,
            {.tar_fd = tar,
             .reference = build::step_reference(key_),
             .created_by = std::string(build::k_committed_by) + request_.container_name,
             .comment = "",
             .platform = request_.base.record.platform,
             .compression = packing_.compression,
             .block_bytes = packing_.block_bytes,
             .visibility = visibility_},
            pool, stop_);
    }

    cache::StoredImage derive(const cache::StoredImage& layer) {
        phase("putting the image together");
        const std::vector<cache::StoredImage> steps = {layer};
        const build::Recipe nothing;
        return build::derive_image(store_,
                                   {.base = request_.base,
                                    .steps = steps,
                                    .recipe = nothing,
                                    .reference = build::build_reference(key_),
                                    .base_name = request_.base_name,
                                    .threads = request_.threads,
                                    .visibility = visibility_},
                                   stop_);
    }

    const CommitRequest& request_;
    Progress* const progress_;
    std::stop_token stop_;
    const fs::path spool_;
    cache::Store store_;
    const builder::Packing packing_;
    const cache::Visibility visibility_;
    const build::StepKey key_;
};

} // namespace

CommitResult commit_container(const CommitRequest& request, const Config& config,
                              Progress* progress, std::stop_token stop) {
    return in_context([&] { return fmt::format("committing '{}'", request.container.native()); },
                      [&] { return Committing(request, config, progress, std::move(stop)).run(); });
}

} // namespace aic::commit
