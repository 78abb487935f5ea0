// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/gc.hpp"

#include "cache/names.hpp"
#include "cli/compacting.hpp"
#include "cli/image_argument.hpp"
#include "cli/table.hpp"
#include "core/bytes.hpp"
#include "core/duration.hpp"
#include "slurm/live_jobs.hpp"

#include <fmt/format.h>

#include <ctime>

namespace aic::cli {

namespace {

using cache::Decision;
using cache::Verdict;

std::vector<std::string> names_of(const Decision& decision) {
    std::vector<std::string> names;
    for (const auto& holder : decision.image.holders)
        if (holder.kind == cache::Holder::Kind::name)
            names.push_back(holder.who);
    return names;
}

const char* word_of(Verdict verdict) {
    return verdict == Verdict::remove ? "remove" : "keep";
}

std::string table_of(const std::vector<Decision>& decisions) {
    std::vector<std::vector<std::string>> rows = {{"VERDICT", "SIZE", "IMAGE", "ID", "REASON"}};
    for (const auto& decision : decisions) {
        const auto names = names_of(decision);
        rows.push_back({word_of(decision.verdict), human_size(decision.image.size_bytes),
                        names.empty() ? decision.image.reference : names.front(),
                        decision.image.id.short_hex(), decision.reason});
    }
    return format_table(rows);
}

struct Sum {
    std::size_t count = 0;
    std::uint64_t size_bytes = 0;
};

Sum sum_of(const std::vector<Decision>& decisions, Verdict verdict) {
    Sum sum;
    for (const auto& decision : decisions)
        if (decision.verdict == verdict) {
            ++sum.count;
            sum.size_bytes += decision.image.size_bytes;
        }
    return sum;
}

std::string images(const Sum& sum) {
    return fmt::format("{} image{}, {}", sum.count, sum.count == 1 ? "" : "s",
                       human_size(sum.size_bytes));
}

nlohmann::json decision_json(const Decision& decision) {
    const auto& image = decision.image;
    return {
        {"verdict", word_of(decision.verdict)},
        {"reason", decision.reason},
        {"id", image.id.str()},
        {"variant", image.variant},
        {"reference", image.reference},
        {"names", names_of(decision)},
        {"size_bytes", image.size_bytes},
    };
}

nlohmann::json result_json(const cache::Collected& collected,
                           const std::vector<Compacting>& compactings, bool is_dry_run) {
    auto decisions = nlohmann::json::array();
    for (const auto& decision : collected.decisions)
        decisions.push_back(decision_json(decision));
    return {
        {"dry_run", is_dry_run},
        {"images", decisions},
        {"removed_bytes", sum_of(collected.decisions, Verdict::remove).size_bytes},
        {"kept_bytes", sum_of(collected.decisions, Verdict::keep).size_bytes},
        {"unlinked_images", collected.emptied_images},
        {"unlinked_bytes", collected.emptied_bytes},
        {"leavings", collected.leavings},
        {"compactions", to_json(compactings)},
    };
}

void tell_sum(Session& session, const cache::Collected& collected,
              const cache::CollectOptions& options) {
    const bool is_dry_run = options.mode == cache::CollectOptions::Mode::dry_run;
    const auto removed = sum_of(collected.decisions, Verdict::remove);
    const auto kept = sum_of(collected.decisions, Verdict::keep);
    session.say(fmt::format("{} {}; kept {}", is_dry_run ? "would remove" : "removed",
                            images(removed), images(kept)));
    if (collected.emptied_images > 0)
        session.say(fmt::format("{} for good, from the trash: {}",
                                is_dry_run ? "would unlink" : "unlinked",
                                images({collected.emptied_images, collected.emptied_bytes})));
    if (const auto limit = options.eviction.max_size_bytes; limit && kept.size_bytes > *limit)
        session.say(fmt::format("that is still more than {}: what is kept is held or in use",
                                human_size(*limit)));
    if (removed.count > 0 && options.trash_age.count() > 0)
        session.say(fmt::format("'aic-image restore ID' brings one back for {}; 'aic-image gc "
                                "--purge' frees the space now",
                                human_duration(options.trash_age)));
}

} // namespace

void Gc::describe(const Arguments& arguments) {
    arguments.description("remove images that nobody needs, and other leavings");
    const auto compact = arguments.add_option(
        "--compact", compact_, "only cut out of these images, at once, what they do not show");
    compact.type_name("IMAGE").takes_many();
    arguments.add_flag("--dry-run", dry_run_, "only say what would go, and why");
    arguments
        .add_option("--max-size", max_size_,
                    "remove the least recently used until all images fit (default: gc.max_size)")
        .type_name("SIZE")
        .excludes(compact);
    arguments
        .add_option("--older-than", older_than_, "remove what was not used for so long: 30d, 12h")
        .type_name("TIME")
        .excludes(compact);
    arguments.add_option("--keep", keep_newest_, "of each repository these newest images stay")
        .type_name("N")
        .in_range(0U, 1'000'000U)
        .excludes(compact);
    arguments.add_flag("--purge", purge_, "empty the trash too, so that the space is free now")
        .excludes(compact);
    arguments.footer(
        R"(Never removed: an image that a name stands for, the three different ones before it, pinned images,
and what a job was handed that may still run. What was made or used within gc.min_age (14 days) stays too, unless --older-than says a
shorter time. Of the rest everything goes, or with --max-size or --older-than what they ask for.

Removed images are in the trash for gc.trash_age (7 days) and can be restored; later they are unlinked.

Of an image that stays and was not used for gc.min_age, what upper layers replaced or removed is cut
out when it is more than 10 % of the file. The path stays, and the file that was there goes to the
trash. Layers that were cut can no longer be taken from this image when another one is pulled.

Examples:
  aic-image gc --dry-run
  aic-image gc --max-size 500G --keep 2
  aic-image gc --older-than 30d --purge
  aic-image gc --compact exp)");
}

cache::CollectOptions Gc::collect_options(const GcConfig& settings) const {
    using Mode = cache::CollectOptions::Mode;
    cache::CollectOptions options{
        .eviction = {.now_seconds = std::time(nullptr),
                     .min_age = settings.min_age.value,
                     .max_size_bytes = settings.max_size_bytes.value,
                     .keep_newest = keep_newest_},
        .trash_age = purge_ ? std::chrono::seconds(0) : settings.trash_age.value,
        .mode = dry_run_ ? Mode::dry_run : Mode::collect,
    };
    auto& eviction = options.eviction;
    if (!max_size_.empty())
        eviction.max_size_bytes = parse_size(max_size_);
    if (!older_than_.empty()) {
        eviction.max_age = parse_duration(older_than_);
        eviction.min_age = std::min(eviction.min_age, *eviction.max_age);
    }
    return options;
}

void Gc::compact_asked(Session& session) const {
    const auto library = session.library();
    std::vector<Compacting> compactings;
    for (const auto& text : compact_)
        for (const auto& image : find_own(library, text))
            compactings.push_back(asked_compaction(image));
    if (!dry_run_)
        compact_chosen(session, library.own(), compactings);
    if (session.json())
        return session.print_json({{"dry_run", dry_run_}, {"compactions", to_json(compactings)}});
    session.print_bytes(table_of(compactings));
    session.flush();
    if (const auto line = sum_line(compactings, dry_run_); !line.empty())
        session.say(line);
}

void Gc::run(Session& session) {
    if (!compact_.empty())
        return compact_asked(session);
    const auto store = session.store();
    auto options = collect_options(session.config().gc);
    options.live_jobs = [&] { return slurm::live_jobs(session.stop()); };
    // First, so that the limits apply to what is left, and --purge to what was there.
    auto compactings = choose_compactions(
        store, cache::choose(cache::facts_of(store), options.eviction), options.eviction);
    if (!dry_run_)
        compact_chosen(session, store, compactings);
    const auto collected = cache::collect(store, options, session.stop());
    if (session.json())
        return session.print_json(result_json(collected, compactings, dry_run_));
    if (!collected.decisions.empty())
        session.print_bytes(table_of(collected.decisions));
    if (!compactings.empty())
        session.print_bytes("\n" + table_of(compactings));
    session.flush(); // the sums come below the tables
    if (const auto line = sum_line(compactings, dry_run_); !line.empty())
        session.say(line);
    tell_sum(session, collected, options);
}

} // namespace aic::cli
