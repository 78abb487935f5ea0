// SPDX-License-Identifier: Apache-2.0
#include "cache/afresh.hpp"

#include "core/fd.hpp"

#include <fcntl.h>

namespace fs = std::filesystem;

namespace aic::cache {

void look_afresh(const Layout& layout, const fs::path& directory) {
    // It is at the opening of a directory that NFS asks the server whether it has changed.
    constexpr int k_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    Fd held(::open(layout.root().c_str(), k_flags));
    for (const auto& name : directory.lexically_relative(layout.root())) {
        if (!held)
            return;
        held = Fd(::openat(held.get(), name.c_str(), k_flags | O_NOFOLLOW));
    }
}

bool is_there(const Layout& layout, const fs::path& path) {
    look_afresh(layout, path.parent_path());
    std::error_code ignored;
    return fs::exists(fs::symlink_status(path, ignored));
}

} // namespace aic::cache
