// SPDX-License-Identifier: Apache-2.0
#include "cache/uses.hpp"

#include "cache/afresh.hpp"
#include "cache/modes.hpp"
#include "cache/subtree.hpp"
#include "cache/trash.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace fs = std::filesystem;

namespace aic::cache {

void note_use(const Layout& layout, const ImageId& id, std::string_view variant) noexcept {
    try {
        make_beneath(layout, layout.uses());
        const auto path = layout.use(id, variant);
        const auto file = open_file(path, O_WRONLY | O_CREAT | O_NOFOLLOW, k_file_mode);
        if (::futimens(file.get(), nullptr) != 0) // by the file server's clock
            throw system_error("changing the time of '{}'", path.native());
    } catch (const std::exception& error) {
        debug("noting a use: {}", error.what());
    }
}

namespace {

/// None where the user keeps them to himself.
std::vector<fs::path> uses_of(const Layout& layout) {
    try {
        return entries_of(layout.uses());
    } catch (const Error& error) {
        debug("the uses of {}: {}", layout.owner(), error.message());
        return {};
    }
}

} // namespace

std::optional<std::int64_t> last_use(const Layout& layout, const ImageId& id,
                                     std::string_view variant) {
    struct stat status;
    const auto path = layout.use(id, variant);
    if (::lstat(path.c_str(), &status) != 0
        && (errno != ENOENT || !forget_failed_lookup(path) || ::lstat(path.c_str(), &status) != 0))
        return std::nullopt;
    return status.st_mtim.tv_sec;
}

std::optional<std::int64_t> last_use_of_any(const Layout& layout, const std::vector<uid_t>& users,
                                            const ImageId& id, std::string_view variant) {
    std::optional<std::int64_t> last;
    for (const auto user : users)
        last = std::max(last, last_use(Layout(layout.root(), user), id, variant));
    return last;
}

std::map<ImageKey, std::int64_t> last_uses(const Layout& layout, const std::vector<uid_t>& users) {
    std::map<ImageKey, std::int64_t> last;
    for (const auto user : users)
        for (const auto& path : uses_of(Layout(layout.root(), user))) {
            const auto key = image_key_of(path.filename().native());
            struct stat status;
            if (!key || ::lstat(path.c_str(), &status) != 0)
                continue;
            auto& seconds = last.try_emplace(*key, status.st_mtim.tv_sec).first->second;
            seconds = std::max<std::int64_t>(seconds, status.st_mtim.tv_sec);
        }
    return last;
}

namespace {

bool is_anybodys(const Layout& layout, const std::vector<uid_t>& users, const ImageKey& key) {
    return std::ranges::any_of(users, [&](uid_t user) {
        std::error_code ignored;
        const auto variant = Layout(layout.root(), user).variant(key.id, key.variant);
        return fs::exists(variant, ignored);
    });
}

} // namespace

std::vector<fs::path> stale_uses(const Layout& layout) {
    const auto users = users_of(layout);
    const Trash trash(layout);
    std::vector<fs::path> stale;
    for (const auto& path : entries_of(layout.uses())) {
        const auto key = image_key_of(path.filename().native());
        if (!key || is_anybodys(layout, users, *key))
            continue;
        if (!is_there(layout, layout.variant(key->id, key->variant))
            && !trash.find(key->id, key->variant))
            stale.push_back(path);
    }
    return stale;
}

} // namespace aic::cache
