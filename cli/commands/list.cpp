// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/list.hpp"

#include "cache/origin.hpp"
#include "cache/trust.hpp"
#include "cache/uses.hpp"
#include "cli/image_argument.hpp"
#include "cli/image_json.hpp"
#include "cli/table.hpp"
#include "core/bytes.hpp"
#include "core/duration.hpp"
#include "core/machine.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <tuple>

namespace aic::cli {

namespace {

/// An image and what leads to it now: names, and references or the one it was pulled by when none
/// does any more.
struct Line {
    cache::StoredImage image;
    std::vector<std::string> names; ///< the caller's, then others' as "alice/exp"
    std::vector<std::string> references;
    std::optional<std::int64_t> used_seconds;
};

/// Whether the layers of build steps, which nobody runs, are listed with the images.
enum class Steps { hidden, shown };

/// Each image once, as it would be found.
std::vector<Line> lines_of(const cache::Library& library, Steps steps) {
    const auto references = library.references();
    const auto caller = library.own().layout().owner();
    std::map<cache::ImageKey, std::vector<std::string>> names;
    for (const auto& [owner, state] : library.names())
        names[{state.id, state.variant}].push_back(shown_name(owner, caller, state.name));
    std::vector<Line> lines;
    std::set<cache::ImageKey> seen;
    for (auto& image : library.list()) {
        const auto& record = image.record;
        const cache::ImageKey key{record.id, record.variant};
        if (!seen.insert(key).second
            || (steps == Steps::hidden
                && cache::origin_of(record.reference) == cache::Origin::step))
            continue;
        const auto layout = library.callers_store_of(image).layout();
        Line line{.names = names[key],
                  .used_seconds = cache::last_use(layout, record.id, record.variant)};
        for (const auto& reference : references)
            if (reference.id == record.id
                && std::ranges::find(line.references, reference.reference) == line.references.end())
                line.references.push_back(reference.reference);
        if (line.references.empty())
            line.references.push_back(record.reference);
        line.image = std::move(image);
        lines.push_back(std::move(line));
    }
    return lines;
}

/// What was asked to come first does; images that are equal in that come newest first.
void sort(std::vector<Line>& lines, const std::string& order) {
    const auto sort_by = [&](auto less, auto key) { std::ranges::stable_sort(lines, less, key); };
    sort_by(std::greater(), [](const Line& line) { return line.image.record.created_seconds; });
    if (order == "name")
        sort_by(std::less(), [](const Line& line) {
            return std::tuple(line.names.empty(), line.names, line.references);
        });
    else if (order == "size")
        sort_by(std::greater(), [](const Line& line) { return line.image.record.size_bytes; });
    else if (order == "used")
        sort_by(std::greater(), [](const Line& line) { return line.used_seconds; });
}

/// A word without wildcards finds it anywhere in a name or reference, and at the beginning of an
/// id.
bool matches(const Line& line, const std::string& pattern) {
    const bool is_glob = pattern.find_first_of("*?[") != std::string::npos;
    const auto fits = [&](const std::string& word) {
        return is_glob ? ::fnmatch(pattern.c_str(), word.c_str(), 0) == 0
                       : word.find(pattern) != std::string::npos;
    };
    return pattern.empty() || std::ranges::any_of(line.names, fits)
           || std::ranges::any_of(line.references, fits)
           || line.image.record.id.hex().starts_with(pattern);
}

std::string joined(const std::vector<std::string>& words) {
    return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ","));
}

/// Whose they are is a column of its own where not all are the caller's.
std::string table_of(const std::vector<Line>& lines, uid_t caller) {
    const auto owner_of = [](const Line& line) {
        return static_cast<uid_t>(line.image.record.owner_uid);
    };
    const bool has_others =
        std::ranges::any_of(lines, [&](const Line& line) { return owner_of(line) != caller; });
    std::vector<std::vector<std::string>> rows = {
        {"NAME", "REFERENCE", "SIZE", "AGE", "USED", "ID"}};
    if (has_others)
        rows.front().emplace_back("OWNER");
    const auto age = [now = std::time(nullptr)](std::int64_t seconds) {
        return human_duration(std::chrono::seconds(now - seconds));
    };
    for (const auto& line : lines) {
        const auto& [image, names, references, used_seconds] = line;
        rows.push_back({joined(names), joined(references), human_size(image.record.size_bytes),
                        age(image.record.created_seconds), used_seconds ? age(*used_seconds) : "-",
                        image.record.id.short_hex()});
        if (has_others)
            rows.back().push_back(user_name(owner_of(line)));
    }
    return format_table(rows);
}

} // namespace

void List::describe(const Arguments& arguments) {
    arguments.description("list the images in the store");
    arguments
        .add_option("pattern", pattern_,
                    "show only names and references that match this glob or contain this word, and "
                    "ids that begin with it")
        .type_name("PATTERN");
    arguments.add_option("--sort", order_, "name, size, age (newest first, the default), used")
        .type_name("ORDER")
        .one_of({"name", "size", "age", "used"});
    arguments.add_flag("--mine", mine_, "only what is yours, not what you may use of others");
    arguments.add_flag("--steps", steps_, "also the layers of build steps");
    arguments.footer(
        R"(AGE is since the image was made here, USED since a command last gave out its path.

Examples:
  aic-image list
  aic-image list 'nvcr.io/*' --sort size
  aic-image list --json | jq -r '.images[].path')");
}

void List::run(Session& session) {
    const auto library = mine_ ? cache::Library(session.store()) : session.library();
    auto lines = lines_of(library, steps_ ? Steps::shown : Steps::hidden);
    std::erase_if(lines, [&](const Line& line) { return !matches(line, pattern_); });
    sort(lines, order_);
    if (session.json()) {
        auto images = nlohmann::json::array();
        for (const auto& line : lines) {
            images.push_back(image_json(library.callers_store_of(line.image).layout(), line.image));
            images.back()["names"] = line.names;
            images.back()["references"] = line.references;
        }
        return session.print_json({{"images", images}});
    }
    if (lines.empty()) {
        session.say(pattern_.empty() ? "no images yet; 'aic-image pull REFERENCE' gets one"
                                     : fmt::format("no image matches '{}'", pattern_));
        return;
    }
    session.print_bytes(table_of(lines, library.own().layout().owner()));
}

} // namespace aic::cli
