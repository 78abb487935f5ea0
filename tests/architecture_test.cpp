// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace fs = std::filesystem;

namespace aic {

/// The edges of docs/architecture.md.
const std::map<std::string, std::set<std::string>> k_drawn = {
    {"core", {}},
    {"oci", {"core"}},
    {"registry", {"oci", "core"}},
    {"cache", {"oci", "core"}},
    {"builder", {"registry", "cache", "oci", "core"}},
    {"slurm", {"cache", "oci", "core"}},
    {"cli", {"slurm", "builder", "registry", "cache", "oci", "core"}},
};

/// Calls `visit(folder, file, line)` for every line of our sources.
template <typename Visit>
void for_each_line(const Visit& visit) {
    for (const auto& [folder, unused] : k_drawn)
        for (const auto& file :
             fs::recursive_directory_iterator(fs::path(AIC_SOURCE_DIR) / folder)) {
            if (file.path().extension() != ".cpp" && file.path().extension() != ".hpp")
                continue;
            std::istringstream text(read_file_if_exists(file.path(), 1 << 20).value());
            for (std::string line; std::getline(text, line);)
                visit(folder, file.path().native(), line);
        }
}

TEST(ArchitectureTest, every_include_follows_a_drawn_edge) {
    const std::regex include(R"re(^\s*#include "([^/"]+)/.*)re");
    std::set<std::string> not_drawn;
    std::size_t seen = 0;
    for_each_line([&](const std::string& folder, const std::string& file, const std::string& line) {
        std::smatch match;
        if (!std::regex_match(line, match, include))
            return;
        ++seen;
        const auto used = match[1].str();
        if (used != folder && !k_drawn.at(folder).contains(used))
            not_drawn.insert(fmt::format("{} -> {} in {}", folder, used, file));
    });
    EXPECT_GT(seen, 100U);
    EXPECT_THAT(not_drawn, ::testing::IsEmpty());
}

TEST(ArchitectureTest, only_the_command_line_prints) {
    const std::regex printing(
        R"re(.*(std::c(out|err)\b|\bf?printf ?\(|fmt::print|\bf?put[sc] ?\(|\bstd(out|err)\b).*)re");
    const std::regex literal(R"re("[^"]*")re");
    std::set<std::string> printers;
    for_each_line([&](const std::string& folder, const std::string& file, const std::string& line) {
        const auto code = std::regex_replace(line.substr(0, line.find("//")), literal, "");
        if (folder != "cli" && std::regex_match(code, printing))
            printers.insert(fmt::format("{}: {}", file, line));
    });
    EXPECT_THAT(printers, ::testing::IsEmpty());
}

} // namespace aic
