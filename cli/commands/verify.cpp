// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/verify.hpp"

#include "cache/folding.hpp"
#include "cache/repair.hpp"
#include "cli/counted.hpp"
#include "cli/image_argument.hpp"
#include "cli/refetching.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aic::cli {

namespace {

const char* word_of(cache::DifferenceKind kind) {
    switch (kind) {
    case cache::DifferenceKind::missing:
        return "missing";
    case cache::DifferenceKind::stale:
        return "stale";
    case cache::DifferenceKind::wrong:
        break;
    }
    return "wrong";
}

/// What faults, notes and repairs all are: a kind of object, its path, a sentence.
template <typename Finding>
std::string line_of(const Finding& finding) {
    return fmt::format("{}  {}  {}", name_of(finding.kind), finding.path.native(), finding.what);
}

template <typename Finding>
nlohmann::json to_json(const std::vector<Finding>& findings) {
    auto list = nlohmann::json::array();
    for (const auto& finding : findings)
        list.push_back({{"kind", name_of(finding.kind)},
                        {"path", finding.path.native()},
                        {"what", finding.what}});
    return list;
}

} // namespace

void Verify::describe(const Arguments& arguments) {
    arguments.description("look whether the store is as it was written, and mend it");
    arguments.add_option("image", images_, "only these: names, references, or beginnings of ids")
        .type_name("IMAGE");
    arguments.add_flag("--quick", quick_,
                       "look at records, sizes and places, not at the files' contents");
    const auto repair = arguments.add_flag("--repair", repair_, "take out or mend what is damaged");
    arguments.add_flag("--no-fetch", no_fetch_, "with --repair: leave it to you to pull again")
        .needs(repair);
    arguments
        .add_flag("--rebuild", rebuild_,
                  "only make the catalogue anew from the files, and print what was wrong in it")
        .excludes(repair);
    arguments.footer(
        R"(Reads every byte of every image unless told otherwise. Each fault is a line: what it is, where, and
what is wrong. What leads nowhere, such as a name whose image is gone, is told of and is no fault.

With --repair, a damaged image is removed for good and pulled again, the same by its digest; of a
file that was added the command that adds it is printed. Damaged references are removed, and a damaged
name goes on with its newest state that can be read. Nothing undamaged is touched.

Exit status: 6 when there are faults, with --repair when some of them could not be mended.

Examples:
  aic-image verify
  aic-image verify --quick
  aic-image verify exp ubuntu:22.04
  aic-image verify --repair
  aic-image verify --rebuild)");
}

cache::VerifyOptions Verify::verify_options(Session& session) const {
    cache::VerifyOptions options{
        .depth = quick_ ? cache::Depth::layout : cache::Depth::contents,
        .only = std::nullopt,
        .on_image = nullptr,
    };
    if (!quick_)
        options.on_image = [&session](const std::filesystem::path& directory) {
            session.say(fmt::format("reading '{}'", directory.native()));
        };
    if (images_.empty())
        return options;
    const auto library = session.library();
    auto& only = options.only.emplace();
    for (const auto& word : images_)
        for (const auto& image : find_own(library, word))
            only.push_back({image.record.id, image.record.variant});
    return options;
}

void Verify::rebuild(Session& session) const {
    const auto store = session.store();
    // A store that does not exist is none to make a catalogue in.
    if (!std::filesystem::exists(store.layout().subtree()))
        throw Error(ErrorKind::not_found, "there is no store of yours in '{}'",
                    store.layout().root().native());
    const auto differences = cache::rebuild(store.layout());
    if (session.json()) {
        auto list = nlohmann::json::array();
        for (const auto& difference : differences)
            list.push_back({{"kind", word_of(difference.kind)}, {"object", difference.object}});
        return session.print_json({{"rebuilt", list}});
    }
    for (const auto& difference : differences)
        session.print(fmt::format("{}  {}", word_of(difference.kind), difference.object));
    session.flush(); // the sum comes below
    session.say(
        fmt::format("made the catalogue anew: {}", counted(differences.size(), "correction")));
}

void Verify::run(Session& session) {
    if (rebuild_) {
        if (!images_.empty() || quick_)
            throw Error(ErrorKind::usage, "--rebuild is about the whole catalogue");
        return rebuild(session);
    }
    const auto store = session.store();
    const auto verified = cache::verify(store.layout(), verify_options(session), session.stop());
    std::vector<cache::Repair> repairs;
    if (repair_ && !verified.faults.empty())
        repairs = cache::repair(store, verified, session.stop());
    std::vector<Refetched> refetched;
    if (!no_fetch_)
        refetched = fetch_again(session, repairs);

    const auto is_left = [&](const cache::Fault& fault) { return !repair_ || !fault.is_mendable; };
    if (std::ranges::any_of(verified.faults, is_left))
        session.fail(ErrorKind::integrity);
    if (session.json())
        return session.print_json({{"images", verified.images},
                                   {"size_bytes", verified.size_bytes},
                                   {"faults", to_json(verified.faults)},
                                   {"notes", to_json(verified.notes)},
                                   {"repairs", to_json(repairs)},
                                   {"fetched", to_json(refetched)}});
    for (const auto& fault : verified.faults)
        session.print(line_of(fault));
    session.flush(); // what was done about them comes below
    for (const auto& note : verified.notes)
        session.say("note: " + line_of(note));
    for (const auto& done : repairs)
        session.say("repaired: " + line_of(done));
    for (const auto& image : refetched)
        session.say(fmt::format("pulled again: {} ({})", image.record.reference,
                                image.record.id.short_hex()));
    session.say(fmt::format(
        "{}, {}: {}", counted(verified.images, "image"), human_size(verified.size_bytes),
        verified.faults.empty() ? "no faults" : counted(verified.faults.size(), "fault")));
    if (!verified.faults.empty() && !repair_)
        session.say("'aic-image verify --repair' takes out or mends what is damaged");
}

} // namespace aic::cli
