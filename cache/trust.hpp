// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/store_description.hpp"

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace aic::cache {

/// Whose images are used without question: the caller's, root's and the publishers', who are users
/// or whole groups. Trust is the caller's alone and the site's; what lies in a store adds nothing
/// to it, unless its owner is trusted already.
class Trust {
public:
    /// Nobody else than the caller and root.
    explicit Trust(uid_t caller) : caller_(caller) {}

    /// Publishers are names or numbers of users, and of groups with a "@" in front. Words that
    /// this machine does not know are warned of and left out.
    Trust(uid_t caller, const std::vector<std::string>& publishers);

    bool allows(uid_t user) const;
    bool allows_all(const std::vector<uid_t>& users) const;

    /// With one more user.
    Trust with(uid_t user) const;

    /// With the group of a store that says so, if its owner is one to believe.
    Trust within(const std::filesystem::path& root, const StoreDescription& description) const;

private:
    uid_t caller_;
    std::set<uid_t> users_;
    std::set<gid_t> groups_;
    /// What the user database said; asking it may mean asking a server.
    mutable std::map<std::pair<uid_t, gid_t>, bool> members_;
};

/// The number of a user who is given by name or number; throws Error(not_found).
uid_t parse_user(const std::string& text);
/// The number of a group that is given by name or number; throws Error(not_found).
gid_t parse_group(const std::string& text);

} // namespace aic::cache
