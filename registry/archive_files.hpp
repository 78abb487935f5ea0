// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/layout_files.hpp"
#include "registry/tar_index.hpp"

namespace aic::registry {

/// The members of a tar, read where they are.
class ArchiveFiles final : public LayoutFiles {
public:
    /// `archive` is the tar, and has a size. Throws Error(integrity) when it is none.
    explicit ArchiveFiles(BlobFile archive);

    std::string name() const override;
    std::string place_of(std::string_view path) const override;
    std::optional<BlobFile> find(std::string_view path) const override;

private:
    const BlobFile archive_;
    const TarIndex index_;
};

} // namespace aic::registry
