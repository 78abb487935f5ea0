// SPDX-License-Identifier: Apache-2.0
#include "cache/store.hpp"

#include "cache/catalogue_view.hpp"
#include "cache/set_up.hpp"
#include "cache/store_probe.hpp"
#include "cache/subtree.hpp"
#include "cache/trust.hpp"
#include "cli/counted.hpp"
#include "cli/doctor/capacity_verdict.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/doctor/mount_verdict.hpp"
#include "cli/doctor/probe_verdict.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace fs = std::filesystem;

namespace aic::cli::doctor {

namespace {

using cache::Preset;
using cache::SharedDirectory;

Finding what_it_is(const cache::StoreDescription& description) {
    return ok("preset", fmt::format("{}, format {}{}", cache::to_string(description.preset),
                                    description.format,
                                    description.is_writable() ? "" : ", for newer releases"));
}

/// Of a store for one user it matters only that nobody else can exchange what is in it.
bool has_right_mode(const SharedDirectory& directory, Preset preset) {
    constexpr mode_t k_others_write = 022;
    return preset == Preset::personal ? (directory.mode & k_others_write) == 0
                                      : directory.mode == directory.wanted_mode;
}

Findings judge_modes(const fs::path& root, Preset preset) {
    const auto directories = cache::shared_directories(cache::Layout(root, ::geteuid()), preset);
    Findings findings;
    for (const auto& directory : directories) {
        const auto mend = fmt::format("as {}: aic-image init --store {}",
                                      user_name(directory.owner), root.native());
        if (!has_right_mode(directory, preset))
            findings.push_back(
                problem("modes",
                        fmt::format("'{}' has {:04o} instead of {:04o}", directory.path.native(),
                                    directory.mode, directory.wanted_mode),
                        mend));
        if (preset != Preset::personal && directory.group != directories.front().group)
            findings.push_back(
                warning("group",
                        fmt::format("'{}' has the group {}, the store {}", directory.path.native(),
                                    directory.group, directories.front().group),
                        mend));
    }
    if (findings.empty())
        findings.push_back(ok("modes", "as the preset wants them"));
    return findings;
}

/// What is in a subtree counts only if that user owns it, so owners have to be seen as they are.
Findings judge_owners(const cache::Layout& layout) {
    constexpr uid_t k_nobody = 65534;
    std::size_t of_nobody = 0;
    std::size_t of_others = 0;
    for (const auto& subtree : entries_of(layout.users())) {
        struct stat status;
        const auto name = subtree.filename().native();
        if (name.starts_with('.') || ::lstat(subtree.c_str(), &status) != 0)
            continue;
        of_nobody += status.st_uid == k_nobody && name != std::to_string(k_nobody) ? 1 : 0;
        of_others += name != std::to_string(status.st_uid) ? 1 : 0;
    }
    const auto users = cache::users_of(layout).size();
    if (of_nobody > 0)
        return {problem("owners",
                        fmt::format("{} of the users' directories are shown as nobody's, and are "
                                    "ignored",
                                    of_nobody),
                        mend_owners())};
    if (of_others > 0)
        return {warning("owners",
                        fmt::format("{} entries of '{}' do not belong to the users whose numbers "
                                    "they bear, and are ignored",
                                    of_others, layout.users().native()),
                        "whoever put them there has to take them away")};
    return {ok("owners", counted(users, "user"))};
}

Finding judge_trust(const Config& config, const fs::path& root,
                    const cache::StoreDescription& description) {
    struct stat status;
    const bool is_there = ::stat(root.c_str(), &status) == 0;
    if (description.preset != Preset::lab || !is_there)
        return ok("trust", "images of yours, of root and of the publishers are used");
    if (!description.trusts_group)
        return ok("trust", "images of yours, of root and of the publishers are used; the store "
                           "does not say that its whole group is trusted");
    const auto owner = user_name(status.st_uid);
    if (cache::Trust(::geteuid(), config.publishers.value).allows(status.st_uid))
        return ok("trust", "images of all members of the store's group are used");
    return warning("trust",
                   fmt::format("the store says that its group is trusted, but {} says so, whom "
                               "you do not trust: images of the group are made again",
                               owner),
                   fmt::format("publishers = [\"{}\"] in ~/.config/aic-image/config.toml", owner));
}

/// Whether the caller may add images.
Finding judge_access(const fs::path& root, bool is_written_to) {
    const cache::Layout layout(root, ::geteuid());
    for (const auto& place : {layout.subtree(), layout.users(), layout.root()}) {
        if (::access(place.c_str(), W_OK | X_OK) == 0)
            return ok("access", "you can use images and add some");
        if (errno != ENOENT)
            break;
    }
    const auto text = fmt::format("you can use images but add none: {}", error_text(errno));
    if (!is_written_to)
        return ok("access", text);
    return problem("access", text, mend_access(root));
}

Findings judge_catalogue(const cache::Layout& layout) {
    try {
        const auto view = cache::view_catalogue(layout);
        if (view.is_newest_unusable && view.newest > 0)
            return {problem(
                "catalogue", "the newest generation cannot be read",
                fmt::format("aic-image verify --rebuild --store {}", layout.root().native()))};
        return {ok("catalogue", fmt::format("generation {}, {}, {} since", view.newest,
                                            counted(view.catalogue.images().size(), "image"),
                                            counted(view.applied.size(), "change")))};
    } catch (const Error& error) {
        return {problem_of(error, "catalogue")};
    }
}

void check_file_system(const fs::path& root, bool is_written_to, Findings& findings) {
    const auto mount = mount_of(root);
    if (mount)
        append(findings,
               judge_mount(*mount, is_written_to ? MountUse::written_store : MountUse::read_store));
    if (const auto probe = cache::probe_store(cache::Layout(root, ::geteuid())))
        append(findings, judge_probe(*probe, ::geteuid()));
    if (is_written_to)
        append(findings, judge_capacity(capacity_of(root),
                                        "aic-image gc --purge; others free theirs the same way"));
}

} // namespace

Section check_store(const Config& config, const fs::path& root) {
    const bool is_written_to = root == config.store.value;
    Section section{
        fmt::format("store '{}'{}", root.native(), is_written_to ? ", which new images go to" : ""),
        {}};
    auto& findings = section.findings;
    try {
        std::error_code ignored;
        if (!fs::exists(root, ignored)) {
            findings.push_back(
                is_written_to
                    ? ok("store", "not there yet; the first image makes it, for you alone")
                    : warning("store", "not there", "mount it, or take it out of 'stores'"));
            if (is_written_to)
                check_file_system(root, is_written_to, findings);
            return section;
        }
        const cache::Store store(root);
        const auto description = store.description();
        findings.push_back(what_it_is(description));
        findings.push_back(judge_access(root, is_written_to));
        append(findings, judge_modes(root, description.preset));
        append(findings, judge_owners(store.layout()));
        findings.push_back(judge_trust(config, root, description));
        check_file_system(root, is_written_to, findings);
        append(findings, judge_catalogue(store.layout()));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        findings.push_back(problem_of(error, "store"));
    }
    return section;
}

} // namespace aic::cli::doctor
