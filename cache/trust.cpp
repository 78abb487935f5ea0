// SPDX-License-Identifier: Apache-2.0
#include "cache/trust.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/printable.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace aic::cache {

namespace {

constexpr int k_most_groups = 65536; ///< of one user, by Linux

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc() && end == text.data() + text.size();
    return is_whole ? std::optional(number) : std::nullopt;
}

bool is_member(uid_t user, gid_t group) {
    const auto* entry = ::getpwuid(user);
    if (!entry)
        return false;
    const std::string name = entry->pw_name;
    const auto primary = entry->pw_gid;
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (::getgrouplist(name.c_str(), primary, groups.data(), &count) < 0) {
        if (count > k_most_groups)
            return false;
        groups.resize(static_cast<std::size_t>(count));
    }
    groups.resize(static_cast<std::size_t>(count));
    return std::ranges::find(groups, group) != groups.end();
}

} // namespace

uid_t parse_user(const std::string& text) {
    if (const auto* entry = ::getpwnam(text.c_str()))
        return entry->pw_uid;
    if (const auto number = number_of<uid_t>(text))
        return *number;
    throw Error(ErrorKind::not_found, "there is no user '{}'", printable(text));
}

gid_t parse_group(const std::string& text) {
    if (const auto* entry = ::getgrnam(text.c_str()))
        return entry->gr_gid;
    if (const auto number = number_of<gid_t>(text))
        return *number;
    throw Error(ErrorKind::not_found, "there is no group '{}'", printable(text));
}

Trust::Trust(uid_t caller, const std::vector<std::string>& publishers) : caller_(caller) {
    for (const auto& publisher : publishers) {
        try {
            if (publisher.starts_with('@'))
                groups_.insert(parse_group(publisher.substr(1)));
            else
                users_.insert(parse_user(publisher));
        } catch (const Error& error) {
            warn("the setting 'publishers': {}", error.message());
        }
    }
}

bool Trust::allows(uid_t user) const {
    if (user == caller_ || user == 0 || users_.contains(user))
        return true;
    return std::ranges::any_of(groups_, [&](gid_t group) {
        const auto [known, is_new] = members_.try_emplace({user, group}, false);
        if (is_new)
            known->second = is_member(user, group);
        return known->second;
    });
}

bool Trust::allows_all(const std::vector<uid_t>& users) const {
    return std::ranges::all_of(users, [&](uid_t user) { return allows(user); });
}

Trust Trust::with(uid_t user) const {
    auto trust = *this;
    trust.users_.insert(user);
    return trust;
}

Trust Trust::within(const std::filesystem::path& root, const StoreDescription& description) const {
    auto trust = *this;
    struct stat status;
    if (description.preset == Preset::lab && description.trusts_group
        && ::lstat(root.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && allows(status.st_uid))
        trust.groups_.insert(status.st_gid);
    return trust;
}

} // namespace aic::cache
