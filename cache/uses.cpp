// SPDX-License-Identifier: Apache-2.0
#include "cache/uses.hpp"

#include "cache/afresh.hpp"
#include "cache/trash.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace fs = std::filesystem;

namespace aic::cache {

void note_use(const Layout& layout, const ImageId& id, std::string_view variant) noexcept {
    try {
        make_directories(layout.uses(), 0700);
        const auto path = layout.use(id, variant);
        const auto file = open_file(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
        if (::futimens(file.get(), nullptr) != 0) // by the file server's clock
            throw system_error("changing the time of '{}'", path.native());
    } catch (const std::exception& error) {
        debug("noting a use: {}", error.what());
    }
}

std::optional<std::int64_t> last_use(const Layout& layout, const ImageId& id,
                                     std::string_view variant) {
    struct stat status;
    const auto path = layout.use(id, variant);
    if (::lstat(path.c_str(), &status) != 0
        && (errno != ENOENT || !forget_failed_lookup(path) || ::lstat(path.c_str(), &status) != 0))
        return std::nullopt;
    return status.st_mtim.tv_sec;
}

std::vector<fs::path> stale_uses(const Layout& layout) {
    const Trash trash(layout);
    std::vector<fs::path> stale;
    for (const auto& path : entries_of(layout.uses())) {
        const auto key = image_key_of(path.filename().native());
        std::error_code ignored;
        if (!key)
            continue;
        const auto variant = layout.variant(key->id, key->variant);
        if (!fs::exists(variant, ignored) && !is_there(layout, variant)
            && !trash.find(key->id, key->variant))
            stale.push_back(path);
    }
    return stale;
}

} // namespace aic::cache
