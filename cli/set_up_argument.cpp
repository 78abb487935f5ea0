// SPDX-License-Identifier: Apache-2.0
#include "cli/set_up_argument.hpp"

#include "cache/trust.hpp"
#include "cli/terminal.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"

#include <unistd.h>

namespace aic::cli {

namespace {

using cache::Preset;

constexpr const char* k_group = "group";
constexpr const char* k_publishers = "publishers";

/// What a preset lets whom do, a sentence a line.
std::string meaning_of(Preset preset, const std::string& group, const std::string& owner) {
    switch (preset) {
    case Preset::personal:
        return fmt::format("only {} gets into it", owner);
    case Preset::lab:
        return fmt::format("members of the group {} write in it, each in a part of his own; every "
                           "user of the machine may read what is not private",
                           group);
    case Preset::site:
        return fmt::format("only {} writes in it; every user of the machine may read what is not "
                           "private",
                           owner);
    }
    return "";
}

std::string trust_line(const cache::StoreDescription& description, const std::string& group,
                       const std::string& owner) {
    if (description.preset == Preset::personal)
        return "";
    if (description.preset == Preset::lab && description.trusts_group)
        return fmt::format("  images of every member of {} are used without question by those who "
                           "trust {}",
                           group, owner);
    return "  images of others are used by those whose settings name them as publishers";
}

} // namespace

void SetUpArgument::describe(const Arguments& arguments) {
    arguments
        .add_option("--preset", preset_,
                    "private: one user's; lab: all members of a group write, each in a part of his "
                    "own; site: one user writes, all read")
        .type_name("PRESET")
        .one_of({"private", "lab", "site"});
    arguments.add_option("--group", group_, "whose members write (default: the directory's group)")
        .type_name("GROUP");
    arguments
        .add_option(
            "--trust", trust_,
            "of a lab, whose images are used without question: all of the group's members', "
            "or only those of publishers in the settings")
        .type_name("WHOM")
        .one_of({k_group, k_publishers});
}

std::optional<Preset> SetUpArgument::preset() const {
    return preset_.empty() ? std::nullopt : std::optional(cache::parse_preset(preset_));
}

bool SetUpArgument::decide_trust(const cache::StoreDescription& as_is, Preset preset, bool is_open,
                                 const Session& session) const {
    if (!trust_.empty() && preset != Preset::lab)
        throw Error(ErrorKind::usage, "--trust is for the preset lab");
    if (!trust_.empty())
        return trust_ == k_group;
    if (preset != Preset::lab || !is_open)
        return as_is.trusts_group && preset == Preset::lab;
    if (session.json() || ::isatty(STDIN_FILENO) == 0)
        return false;
    const auto answer = ask("Shall jobs of every member start from images that any other member "
                            "made, without question?\nWho makes an image decides what runs in it. "
                            "[y/N] ",
                            "--trust group or --trust publishers says it", session.stop());
    return answer == "y" || answer == "Y" || answer == "yes";
}

cache::SetUp SetUpArgument::decide(const cache::StoreDescription& as_is, bool is_new,
                                   const Session& session) const {
    cache::SetUp wanted{.preset = preset().value_or(as_is.preset)};
    if (!group_.empty()) {
        if (wanted.preset == Preset::personal)
            throw Error(ErrorKind::usage, "--group is for stores of several users")
                .with_hint("--preset lab makes one");
        wanted.group = cache::parse_group(group_);
    }
    const bool is_open = is_new || wanted.preset != as_is.preset;
    wanted.trusts_group = decide_trust(as_is, wanted.preset, is_open, session);
    return wanted;
}

void print_set_up(Session& session, const cache::Layout& layout,
                  const cache::StoreDescription& description) {
    const auto directories = cache::shared_directories(layout, description.preset);
    const auto& root = directories.front();
    const auto owner = user_name(root.owner);
    const auto group = group_name(root.group);
    if (session.json()) {
        auto list = nlohmann::json::array();
        for (const auto& directory : directories)
            list.push_back({{"path", directory.path.native()},
                            {"mode", fmt::format("{:04o}", directory.mode)},
                            {"owner", user_name(directory.owner)},
                            {"group", group_name(directory.group)}});
        return session.print_json({{"store", layout.root().native()},
                                   {"format", description.format},
                                   {"preset", cache::to_string(description.preset)},
                                   {"trust", description.trusts_group ? k_group : k_publishers},
                                   {"directories", list}});
    }
    session.say(fmt::format("{}: {}", cache::to_string(description.preset),
                            meaning_of(description.preset, group, owner)));
    for (const auto& directory : directories)
        session.say(fmt::format("  {:04o} {}:{}  {}", directory.mode, user_name(directory.owner),
                                group_name(directory.group), directory.path.native()));
    if (const auto line = trust_line(description, group, owner); !line.empty())
        session.say(line);
    session.print(layout.root().native());
}

} // namespace aic::cli
