// SPDX-License-Identifier: Apache-2.0
#include "cli/application.hpp"

#include "cache/folding.hpp"
#include "cli/command_tree.hpp"
#include "cli/rest_words.hpp"
#include "cli/store_advice.hpp"
#include "core/edit_distance.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/version.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <new>

namespace aic::cli {

namespace {

constexpr const char* k_description = "Images for Slurm clusters with enroot and pyxis: pulls OCI "
                                      "images from a registry and keeps each as "
                                      "one squashfs file.";

constexpr const char* k_examples = R"(Examples:
  aic-image pull nvcr.io#nvidia/tensorflow:22.02-tf2-py3
  srun --container-image=$(aic-image path ubuntu:22.04) cat /etc/os-release
  aic-image list

Exit status: 0 ok, 1 system, 2 usage, 3 not found, 4 denied, 5 network, 6 integrity, 7 busy,
8 no space, 9 no such platform, 130 and 143 signals.)";

void add_global_options(CLI::App& app, GlobalOptions& options) {
    const std::map<std::string, ProgressStyle> styles = {
        {"auto", ProgressStyle::automatic}, {"tty", ProgressStyle::tty},
        {"plain", ProgressStyle::plain},    {"json", ProgressStyle::json},
        {"none", ProgressStyle::none},
    };
    app.add_option("--store", options.store,
                   "the store to use (default: AIC_IMAGE_ROOT, or the settings)")
        ->type_name("PATH")
        ->group("Global options");
    app.add_flag("--json", options.json, "print JSON instead of text")->group("Global options");
    app.add_flag("-q,--quiet", options.quiet, "print results and errors only")
        ->group("Global options");
    app.add_flag("--offline", options.offline, "ask no registry: use what is here as it is")
        ->group("Global options");
    app.add_option("--progress", options.progress,
                   "how progress is shown: auto, tty, plain, json, none")
        ->type_name("STYLE")
        ->transform(CLI::CheckedTransformer(styles, CLI::ignore_case).description(""))
        ->group("Global options");
    app.add_option("--log-level", options.log_level,
                   "what is reported besides: debug, info, warning")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warning"}).description(""))
        ->group("Global options");
}

/// On stderr, if anybody reads that.
void put_line(const std::string& line) {
    std::fputs((line + '\n').c_str(), stderr);
}

void report(const Error& error, const GlobalOptions& options) {
    if (options.json) {
        const nlohmann::json object = {
            {"error",
             {{"kind", name_of(error.kind())},
              {"message", error.message()},
              {"hint",
               error.hint().empty() ? nlohmann::json(nullptr) : nlohmann::json(error.hint())}}}};
        fmt::print(stdout, "{}\n", to_text(object));
        return;
    }
    put_line(fmt::format("error: {}", error.message()));
    if (!error.hint().empty())
        put_line(fmt::format("hint: {}", error.hint()));
}

void install_log(const GlobalOptions& options) {
    const auto least = options.log_level == "debug"  ? LogLevel::debug
                       : options.log_level == "info" ? LogLevel::info
                                                     : LogLevel::warning;
    set_log_handler([least, quiet = options.quiet](LogLevel level, const std::string& message) {
        if (level < least || quiet)
            return;
        const char* label = level == LogLevel::warning ? "warning: " : "";
        put_line(label + message);
    });
}

/// What CLI11 found wrong, as one of our errors.
Error usage_error(const CLI::ParseError& problem, const Application& application, int argc,
                  char* const* argv) {
    std::string message = problem.what();
    const bool no_verb = application.chosen() == nullptr;
    if (no_verb && argc > 1 && argv[1][0] != '-') {
        const Error error(ErrorKind::usage, "'{}' is no command", argv[1]);
        if (const auto nearest = application.nearest_verb(argv[1]))
            return error.with_hint(fmt::format("did you mean '{}'?", *nearest));
        return error.with_hint("'aic-image --help' lists the commands");
    }
    if (dynamic_cast<const CLI::ExtrasError*>(&problem))
        for (int i = 1; i < argc; ++i)
            if (const auto option = application.nearest_option(argv[i]))
                return Error(ErrorKind::usage, "'{}' is no option", argv[i])
                    .with_hint(fmt::format("did you mean '{}'?", *option));
    const auto line_end = message.find('\n');
    const auto verb = no_verb ? std::string() : fmt::format(" {}", application.chosen()->name());
    return Error(ErrorKind::usage, "{}", message.substr(0, line_end))
        .with_hint(fmt::format("'aic-image{} --help' tells more", verb));
}

/// So that users of old commands come to know the new ones.
void tell_alias(const Invocation& invocation) {
    if (!invocation.stands_for.empty() && is_first_use(invocation.alias, environment_variable))
        inform("'{}' stands for '{}'", invocation.alias, invocation.stands_for);
}

int status_of(const Error& error, const InterruptWatch& interrupts) {
    if (error.kind() == ErrorKind::interrupted && interrupts.signal() != 0)
        return 128 + interrupts.signal();
    return static_cast<int>(error.kind());
}

/// The exit status.
int execute(Application& application, std::vector<std::string> words,
            const InterruptWatch& interrupts) {
    auto* command = application.chosen();
    if (!command) {
        fmt::print(stdout, "{}", application.app().help());
        return 0;
    }
    Session session(application.options(), std::move(words), interrupts.stop_token(),
                    [&] { return interrupts.signal(); });
    try {
        command->run(session);
    } catch (const Error& error) {
        if (!command->changes_store())
            throw;
        throw with_store_advice(error, session.config().store.value, ::geteuid());
    }
    session.flush();
    if (command->changes_store())
        cache::fold_if_due(session.store().layout());
    return session.status();
}

} // namespace

Application::Application()
    : app_(std::make_unique<CLI::App>(k_description, "aic-image"))
    , commands_(all_commands()) {
    app_->set_version_flag("--version", fmt::format("aic-image {}", k_version));
    app_->set_help_flag("-h,--help", "print this help and exit");
    app_->require_subcommand(0, 1);
    app_->fallthrough();
    app_->footer(k_examples);
    app_->get_formatter()->column_width(34);
    add_global_options(*app_, options_);
    for (const auto& command : commands_) {
        auto* verb = app_->add_subcommand(command->name());
        command->describe(Arguments(*verb));
        verbs_.push_back(verb);
    }
}

Application::~Application() = default;

Command* Application::chosen() const {
    for (std::size_t i = 0; i < verbs_.size(); ++i)
        if (verbs_[i]->parsed())
            return commands_[i].get();
    return nullptr;
}

std::optional<std::string> Application::nearest_verb(std::string_view word) const {
    std::vector<std::string> names;
    for (const auto* verb : verbs_)
        if (!verb->get_group().empty())
            names.push_back(verb->get_name());
    return nearest(word, names);
}

std::optional<std::string> Application::nearest_option(std::string_view word) const {
    if (!word.starts_with("--"))
        return std::nullopt;
    const auto name = word.substr(0, word.find('='));
    std::vector<std::string> names;
    const auto add_options = [&](const CLI::App& app) {
        for (const auto* option : dashed_options(app))
            for (const auto& long_name : option->get_lnames())
                names.push_back("--" + long_name);
    };
    add_options(*app_);
    for (const auto* verb : verbs_)
        if (verb->parsed())
            add_options(*verb);
    if (std::ranges::find(names, name) != names.end())
        return std::nullopt; // it is one; something else is wrong
    return nearest(name, names);
}

std::size_t Application::take_words(std::span<char* const> arguments) {
    const CLI::App* apps[] = {app_.get(), nullptr};
    const auto verb = end_of_options(arguments, 1, std::span(apps).first(1));
    if (verb >= arguments.size())
        return arguments.size();
    for (std::size_t i = 0; i < verbs_.size(); ++i) {
        if (!commands_[i]->takes_words() || verbs_[i]->get_name() != arguments[verb])
            continue;
        apps[1] = verbs_[i];
        const auto end = end_of_options(arguments, verb + 1, apps);
        const auto rest = arguments.subspan(end);
        commands_[i]->take_words({rest.begin(), rest.end()});
        return end;
    }
    return arguments.size();
}

int run(Invocation invocation, const InterruptWatch& interrupts) {
    Application application;
    auto argc = static_cast<int>(invocation.arguments.size()) - 1;
    auto* const* argv = invocation.arguments.data();
    std::vector<std::string> words(argv, argv + argc);
    try {
        argc = static_cast<int>(application.take_words({argv, static_cast<std::size_t>(argc)}));
        try {
            application.app().parse(argc, argv);
        } catch (const CLI::Success& wanted) { // --help, --version
            if (!application.chosen() && argc > 1 && argv[1][0] != '-')
                throw usage_error(wanted, application, argc, argv);
            return application.app().exit(wanted);
        } catch (const CLI::ParseError& problem) {
            throw usage_error(problem, application, argc, argv);
        }
        install_log(application.options());
        tell_alias(invocation);
        return execute(application, std::move(words), interrupts);
    } catch (const Error& error) {
        report(error, application.options());
        return status_of(error, interrupts);
    } catch (const std::bad_alloc&) {
        report(Error(ErrorKind::system, "out of memory"), application.options());
    } catch (const std::exception& unexpected) {
        report(Error(ErrorKind::system, "{}", unexpected.what()), application.options());
    }
    return static_cast<int>(ErrorKind::system);
}

} // namespace aic::cli
