// SPDX-License-Identifier: Apache-2.0
#include "registry/archive_files.hpp"

#include "core/error.hpp"

namespace aic::registry {

namespace {

TarIndex index_of(const BlobFile& archive) {
    const auto read_at = [&](std::span<std::byte> buffer, std::uint64_t offset) {
        return pread_some(archive.fd->get(), buffer, archive.offset + offset, archive.path);
    };
    return in_context([&] { return fmt::format("reading '{}'", archive.path.native()); },
                      [&] { return TarIndex::read(read_at, archive.size_bytes.value()); });
}

} // namespace

ArchiveFiles::ArchiveFiles(BlobFile archive)
    : archive_(std::move(archive))
    , index_(index_of(archive_)) {}

std::string ArchiveFiles::name() const {
    return fmt::format("'{}'", archive_.path.native());
}

std::string ArchiveFiles::place_of(std::string_view path) const {
    return fmt::format("'{}' in '{}'", path, archive_.path.native());
}

std::optional<BlobFile> ArchiveFiles::find(std::string_view path) const {
    const auto* member = in_context([&] { return fmt::format("reading {}", name()); },
                                    [&] { return index_.find(path); });
    if (!member)
        return std::nullopt;
    return BlobFile{.fd = archive_.fd,
                    .path = archive_.path,
                    .offset = archive_.offset + member->offset,
                    .size_bytes = member->size_bytes};
}

} // namespace aic::registry
