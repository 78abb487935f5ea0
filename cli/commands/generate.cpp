// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/generate.hpp"

#include "cli/application.hpp"
#include "cli/completion.hpp"
#include "cli/manual.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <filesystem>

namespace aic::cli {

void Generate::describe(const Arguments& arguments) {
    arguments.description("write completions and man pages, from the same tree that parses");
    arguments.hidden(); // packagers call it; people need not see it
    arguments.add_option("what", what_, "completions or man")
        .required()
        .one_of({"completions", "man"});
    arguments.add_option("directory", directory_, "where to").required();
    arguments.footer("Examples:\n  aic-image generate man /usr/share/man/man1");
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
