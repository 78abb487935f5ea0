// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/generate.hpp"

#include "cli/application.hpp"
#include "cli/completion.hpp"
#include "cli/manual.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <filesystem>

namespace aic::cli {

void Generate::describe(CLI::App& app) {
    app.description("write completions and man pages, from the same tree that parses");
    app.group(""); // packagers call it; people need not see it
    app.add_option("what", what_, "completions or man")
        ->required()
        ->check(CLI::IsMember({"completions", "man"}).description(""));
    app.add_option("directory", directory_, "where to")->required();
    app.footer("Examples:\n  aic-image generate man /usr/share/man/man1");
}

void Generate::run(Session& session) {
    Application application; // a fresh tree: nothing parsed, all described
    const std::filesystem::path directory = directory_;
    std::filesystem::create_directories(directory);
    const auto files =
        what_ == "man" ? manual_pages(application.app()) : completions(application.app());
    for (const auto& [name, text] : files) {
        write_file(directory / name, text);
        session.say((directory / name).native());
    }
}

} // namespace aic::cli
