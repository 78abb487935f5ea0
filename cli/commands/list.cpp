// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/list.hpp"

#include "cli/image_json.hpp"
#include "cli/table.hpp"
#include "core/bytes.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <ctime>

namespace aic::cli {

namespace {

/// An image and the references that lead to it now; the one it was pulled by when none does any
/// more.
struct Line {
    cache::StoredImage image;
    std::vector<std::string> references;
};

std::vector<Line> lines_of(const cache::Store& store) {
    const auto references = store.references();
    std::vector<Line> lines;
    for (auto& image : store.list()) {
        std::vector<std::string> names;
        for (const auto& reference : references)
            if (reference.id == image.record.id)
                names.push_back(reference.reference);
        if (names.empty())
            names.push_back(image.record.reference);
        lines.push_back({std::move(image), std::move(names)});
    }
    std::ranges::sort(lines, std::greater(),
                      [](const Line& line) { return line.image.record.created_seconds; });
    return lines;
}

/// A word without wildcards finds it anywhere in the name.
bool matches(const Line& line, const std::string& pattern) {
    const bool is_glob = pattern.find_first_of("*?[") != std::string::npos;
    return pattern.empty() || std::ranges::any_of(line.references, [&](const std::string& name) {
               return is_glob ? ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0
                              : name.find(pattern) != std::string::npos;
           });
}

} // namespace

void List::describe(CLI::App& app) {
    app.description("list the images in the store");
    app.add_option("pattern", pattern_,
                   "show only references matching this glob, or containing this word")
        ->type_name("PATTERN");
    app.footer(R"(Examples:
  aic-image list
  aic-image list 'nvcr.io/*'
  aic-image list --json | jq -r '.images[].path')");
}

void List::run(Session& session) {
    auto lines = lines_of(session.store());
    std::erase_if(lines, [&](const Line& line) { return !matches(line, pattern_); });
    if (session.json()) {
        auto images = nlohmann::json::array();
        for (const auto& line : lines) {
            images.push_back(image_json(line.image.record, line.image.file()));
            images.back()["references"] = line.references;
        }
        return session.print_json({{"images", images}});
    }
    if (lines.empty()) {
        session.say(pattern_.empty() ? "no images yet; 'aic-image pull REFERENCE' gets one"
                                     : fmt::format("no image matches '{}'", pattern_));
        return;
    }
    std::vector<std::vector<std::string>> rows = {{"REFERENCE", "ID", "VARIANT", "SIZE", "AGE"}};
    const auto now = std::time(nullptr);
    for (const auto& [image, references] : lines)
        for (const auto& name : references)
            rows.push_back({name, image.record.id.short_hex(), image.record.variant,
                            human_size(image.record.size_bytes),
                            age_of(now - image.record.created_seconds)});
    session.print_bytes(format_table(rows));
}

} // namespace aic::cli
