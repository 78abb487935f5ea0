// SPDX-License-Identifier: Apache-2.0
#include "builder/commit/accounts.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace aic::commit {

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        lines.push_back(text.substr(0, text.find('\n')));
        text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
    }
    return lines;
}

std::string_view name_in(std::string_view line) {
    return line.substr(0, line.find(':'));
}

} // namespace

std::string merge_accounts(std::string_view base, std::string_view container,
                           const std::set<std::string>& own) {
    std::map<std::string_view, std::string_view> changed; // the first line of a name counts
    for (const auto line : lines_of(container))
        if (!line.empty() && !own.contains(std::string(name_in(line))))
            changed.try_emplace(name_in(line), line);
    std::string merged;
    std::set<std::string_view> there;
    for (const auto line : lines_of(base)) {
        const auto other = changed.find(name_in(line));
        merged += other == changed.end() ? line : other->second;
        merged += '\n';
        there.insert(name_in(line));
    }
    for (const auto line : lines_of(container))
        if (changed.contains(name_in(line)) && there.insert(name_in(line)).second)
            (merged += line) += '\n';
    return merged;
}

} // namespace aic::commit
