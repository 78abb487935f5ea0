// SPDX-License-Identifier: Apache-2.0
#include "registry/layout_files.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

namespace fs = std::filesystem;

namespace aic::registry {

std::optional<std::string> LayoutFiles::read(std::string_view path,
                                             std::uint64_t limit_bytes) const {
    const auto file = find(path);
    if (!file)
        return std::nullopt;
    if (*file->size_bytes > limit_bytes)
        throw Error(ErrorKind::integrity, "{} has more than {} bytes", place_of(path), limit_bytes);
    return read_whole(*file);
}

std::string read_whole(const BlobFile& file) {
    std::string bytes(file.size_bytes.value(), '\0');
    pread_exact(file.fd->get(), std::as_writable_bytes(std::span(bytes)), file.offset, file.path);
    return bytes;
}

std::string DirectoryFiles::name() const {
    return fmt::format("'{}'", directory_.native());
}

std::string DirectoryFiles::place_of(std::string_view path) const {
    return fmt::format("'{}'", (directory_ / path).native());
}

std::optional<std::string> DirectoryFiles::read(std::string_view path,
                                                std::uint64_t limit_bytes) const {
    return read_file_if_exists(directory_ / path, limit_bytes);
}

std::optional<BlobFile> DirectoryFiles::find(std::string_view relative) const {
    const auto path = directory_ / relative;
    const auto refuse = [&] {
        return Error(ErrorKind::integrity, "'{}' is not a regular file", path.native());
    };
    struct stat status;
    if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        throw refuse();
    auto fd = open_if_exists(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd)
        return std::nullopt;
    status = fstat_of(fd->get(), path);
    if (!S_ISREG(status.st_mode))
        throw refuse();
    return BlobFile{.fd = std::make_shared<const Fd>(std::move(*fd)),
                    .path = path,
                    .size_bytes = static_cast<std::uint64_t>(status.st_size)};
}

} // namespace aic::registry
