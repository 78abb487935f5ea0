// SPDX-License-Identifier: Apache-2.0
#include "builder/commit/commit.hpp"

#include "builder/commit/layer.hpp"
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

class Committing {
public:
    Committing(const CommitRequest& request, const Config& config, Progress* progress,
               std::stop_token stop)
        : request_(request)
        , progress_(progress)
        , stop_(std::move(stop))
        , config_(config)
        , spool_(config.spool.value / "build") {}

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
        if (::lseek(tar.get(), 0, SEEK_SET) != 0)
            throw system_error("reading '{}'", path.native());
        auto [image, layer_bytes] = commit_layer({.base = request_.base,
                                                  .base_name = request_.base_name,
                                                  .from = request_.container_name,
                                                  .threads = request_.threads},
                                                 tar.get(), config_, progress_, stop_);
        result.layer_bytes = layer_bytes;
        result.image = std::move(image);
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

    const CommitRequest& request_;
    Progress* const progress_;
    std::stop_token stop_;
    const Config& config_;
    const fs::path spool_;
};

} // namespace

CommitResult commit_container(const CommitRequest& request, const Config& config,
                              Progress* progress, std::stop_token stop) {
    return in_context([&] { return fmt::format("committing '{}'", request.container.native()); },
                      [&] { return Committing(request, config, progress, std::move(stop)).run(); });
}

} // namespace aic::commit
