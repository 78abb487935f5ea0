// SPDX-License-Identifier: Apache-2.0
#include "cli/alias.hpp"

#include "core/error.hpp"
#include "core/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>

namespace aic::cli {

namespace {

/// Another name of the program.
struct Alias {
    std::string_view name;
    std::string_view stands_for;
    std::array<const char*, 4> words; ///< after the program's name, up to a null pointer
};

constexpr std::array k_aliases = {
    Alias{"nvcrlogin", "aic-image login nvcr.io", {"login", "nvcr.io"}},
    Alias{"sbuild.sh",
          "aic-image build",
          {"build", "--otherwise", "nvcr.io#nvidia/tensorflow:*-tf2-py3"}},
    // All its words are the command.
    Alias{"srun.sh", "aic-image run --gpus 1 --keep COMMAND", {"run", "--as-srun.sh", "--"}},
    Alias{"aic-image-importer", "", {"importer"}},
};

/// The program keeps its arguments as long as it runs.
char* kept(const char* word) {
    static std::deque<std::string> words;
    return words.emplace_back(word).data();
}

/// "help pull", as many programs have it, is "pull --help".
void help_as_option(std::vector<char*>& arguments) {
    if (arguments.size() < 2 || arguments[1] != std::string_view("help"))
        return;
    arguments.erase(arguments.begin() + 1);
    arguments.push_back(kept("--help"));
}

} // namespace

Invocation without_alias(std::span<char* const> arguments) {
    Invocation result{
        .arguments = {arguments.begin(), arguments.end()}, .alias = "", .stands_for = ""};
    const std::string_view path = arguments.empty() ? "" : arguments.front();
    const auto name = path.substr(path.rfind('/') + 1);
    for (const auto& alias : k_aliases) {
        if (name != alias.name)
            continue;
        std::vector<char*> words = {kept("aic-image")};
        const bool wants_help = arguments.size() > 1
                                && (arguments[1] == std::string_view("--help")
                                    || arguments[1] == std::string_view("-h"));
        for (const auto* word : alias.words)
            if (word && !(wants_help && word == std::string_view("--")))
                words.push_back(kept(word));
        result.arguments.erase(result.arguments.begin());
        result.arguments.insert(result.arguments.begin(), words.begin(), words.end());
        result.alias = alias.name;
        result.stands_for = alias.stands_for;
    }
    help_as_option(result.arguments);
    result.arguments.push_back(nullptr);
    return result;
}

bool is_first_use(std::string_view alias, const Environment& environment) try {
    const auto directory = state_directory(environment);
    make_directories(directory, 0700);
    const auto note = directory / fmt::format("told-{}", alias);
    return static_cast<bool>(
        Fd(::open(note.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)));

} catch (const Error&) {

    return false; // a home that cannot be written is no reason to say it each time
}

} // namespace aic::cli
