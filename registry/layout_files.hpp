// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/image_source.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace aic::registry {

/// The files that an image is stored as, in a directory or in an archive. Paths are seen from its
/// root.
class LayoutFiles {
public:
    virtual ~LayoutFiles() = default;

    /// Of the directory or the archive, for messages.
    virtual std::string name() const = 0;
    /// Of a file in it, for messages.
    virtual std::string place_of(std::string_view path) const = 0;
    /// Open, with its size; nothing when there is no such file. Throws Error(integrity) when it is
    /// none.
    virtual std::optional<BlobFile> find(std::string_view path) const = 0;

    /// The whole file; nothing when there is none. Throws Error(integrity) when it has more than
    /// `limit_bytes`.
    virtual std::optional<std::string> read(std::string_view path, std::uint64_t limit_bytes) const;
};

/// Under a directory. What is found there is no symlink; what is read may be one.
class DirectoryFiles final : public LayoutFiles {
public:
    explicit DirectoryFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

    std::string name() const override;
    std::string place_of(std::string_view path) const override;
    std::optional<BlobFile> find(std::string_view path) const override;
    std::optional<std::string> read(std::string_view path,
                                    std::uint64_t limit_bytes) const override;

private:
    const std::filesystem::path directory_;
};

/// All bytes of a file that has a size.
std::string read_whole(const BlobFile& file);

} // namespace aic::registry
