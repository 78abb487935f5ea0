// SPDX-License-Identifier: Apache-2.0
#include "cli/run_argument.hpp"

#include "builder/foreign/environment.hpp"
#include "cli/base_image.hpp"
#include "cli/directory_image.hpp"
#include "cli/import_options.hpp"
#include "cli/pre_flight.hpp"
#include "cli/project_file.hpp"
#include "cli/recipe_words.hpp"
#include "cli/run_words.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"
#include "core/shell_words.hpp"
#include "slurm/configuration.hpp"
#include "slurm/importer_uri.hpp"
#include "slurm/options.hpp"
#include "slurm/plugstack.hpp"

#include <unistd.h>

#include <array>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

std::optional<std::string> if_said(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

/// What pyxis is told: where it has its images from us and there is a name, that and which image
/// it was; a node may then have it nearer. Else the file.
std::string image_word(Session& session, const ImageArgument& image) {
    if (!image.name || session.has_said_store()
        || !slurm::gets_images_from_us(slurm::show_configuration(session.stop()),
                                       session.environment()))
        return image.file.native();
    return slurm::uri_of(user_name(image.name->user), image.name->name.str(),
                         image.stored->record.id);
}

/// What Slurm is told of partitions and the like: in variables, in a script, here; the last counts.
std::vector<std::string> all_options(const Session& session,
                                     const std::vector<std::string>& directives,
                                     const std::vector<std::string>& further) {
    std::vector<std::string> options;
    for (const char* name : {"SLURM_PARTITION", "SBATCH_PARTITION"})
        if (const auto partition = session.environment()(name))
            options.push_back("--partition=" + *partition);
    for (const auto& directive : directives)
        for (auto& word : split_words(directive.substr(directive.find_first_of(" \t") + 1)))
            options.push_back(std::move(word));
    options.insert(options.end(), further.begin(), further.end());
    return options;
}

} // namespace

void RunArgument::describe(const Arguments& arguments) {
    arguments.add_option("--gpus", options_.gpus, "GPUs on each node").type_name("N");
    arguments.add_option("-N,--nodes", options_.nodes, "how many nodes").type_name("N");
    arguments.add_option("-n,--ntasks", options_.tasks, "how many times the program runs")
        .type_name("N");
    arguments.add_option("--slurm", options_.slurm, "more options for Slurm, as one word")
        .type_name("OPTIONS");
    arguments
        .add_option(
            "-m,--mount", options_.mounts,
            "show a directory or file inside, at the same path or another, read-only with :ro")
        .type_name("SRC[:DST][:ro]")
        .repeated();
    arguments
        .add_option("-e,--env", options_.env,
                    "set a variable, or hand on one of yours, whatever the image says")
        .type_name("NAME[=VALUE]")
        .repeated();
    arguments
        .add_option("-w,--workdir", options_.working_directory,
                    "where it starts (default: /workspace)")
        .type_name("DIRECTORY");
    arguments.add_flag("--home", options_.has_home,
                       "with your home directory, which is not there else");
    arguments.add_flag("--root", options_.is_root, "as root inside, which is you outside");
    arguments.add_flag("--writable", options_.is_writable,
                       "the image's files can be changed; what becomes of them is lost afterwards");
    arguments
        .add_option("--name", container_name_, "a container of pyxis' of this name, which stays")
        .type_name("NAME");
}

RunOptions RunArgument::onto_project(bool is_directorys_image) const {
    const auto project = is_directorys_image ? read_project() : std::nullopt;
    return options_.onto(project ? project->run : RunOptions());
}

std::optional<std::string> RunArgument::said_for_slurm() const {
    const std::array options = {
        std::pair{&options_.nodes, "--nodes"}, std::pair{&options_.tasks, "--ntasks"},
        std::pair{&options_.gpus, "--gpus"}, std::pair{&options_.slurm, "--slurm"},
        std::pair{&container_name_, "--name"}};
    for (const auto& [said, name] : options)
        if (!said->empty())
            return name;
    return std::nullopt;
}

ImageArgument RunArgument::image(Session& session, const std::optional<std::string>& word) {
    if (!word) {
        auto [name, image] = directory_image(session);
        return {image.file(), std::move(image), UsersName{::geteuid(), std::move(name)}};
    }
    if (is_path_word(*word)) {
        auto found = find_image(session.library(), *word, home_directory(session.environment()));
        found.file = fs::absolute(found.file);
        return found;
    }
    auto image = base_image(session, *word, configured_import(session), Lookup::if_missing);
    auto name = name_of(session.library(), *word, image);
    return {image.file(), std::move(image), std::move(name)};
}

namespace {

/// Said again, a variable is what was said last: the project's settings come before the command
/// line.
std::vector<std::string> last_of_each(const std::vector<std::string>& texts) {
    const auto name = [](const std::string& text) { return text.substr(0, text.find('=')); };
    std::vector<std::string> kept;
    for (const auto& text : texts) {
        std::erase_if(kept, [&](const auto& other) { return name(other) == name(text); });
        kept.push_back(text);
    }
    return kept;
}

/// The names of those that are said without a value.
std::vector<std::string> handed_on(const RunOptions& options) {
    auto names = last_of_each(options.env);
    std::erase_if(names, [](const auto& text) { return text.find('=') != std::string::npos; });
    return names;
}

} // namespace

std::vector<std::string> RunArgument::variables(Session& session, const RunOptions& options) {
    std::vector<std::string> variables;
    for (const auto& text : last_of_each(options.env)) {
        if (text.find('=') != std::string::npos) {
            variables.push_back(checked_variable(text));
            continue;
        }
        const auto value = session.environment()(text.c_str());
        if (!value)
            throw Error(ErrorKind::usage, "--env {}: there is no such variable", text)
                .with_hint("say what it is: --env NAME=VALUE");
        variables.push_back(checked_variable(fmt::format("{}={}", text, *value)));
    }
    return variables;
}

std::vector<slurm::ContainerMount> RunArgument::mounts(const RunOptions& options) {
    std::vector<slurm::ContainerMount> mounts = {{fs::current_path().native(), "/workspace", true}};
    for (const auto& text : options.mounts)
        mounts.push_back(parse_mount(text));
    return mounts;
}

std::string RunArgument::working_directory(const RunOptions& options) {
    return options.working_directory.empty() ? "/workspace"
                                             : checked_working_dir(options.working_directory);
}

slurm::ContainerStep RunArgument::step(Session& session, const ImageArgument& image,
                                       const RunOptions& options,
                                       const std::vector<std::string>& directives) const {
    const auto further = split_words(options.slurm);
    auto variables = this->variables(session, options);
    const bool wants_gpus =
        !options.gpus.empty() || slurm::asks_for_gpus(further) || slurm::asks_for_gpus(directives);
    std::vector<std::string> image_env;
    if (wants_gpus) {
        squashfs::ImageReader reader(image.file);
        image_env = foreign::environment_of(reader);
        for (auto& variable : slurm::gpu_variables(image_env, variables))
            variables.push_back(std::move(variable));
    }
    auto mounts = this->mounts(options);
    check_before_queue(session, image, image_env, mounts, all_options(session, directives, further),
                       wants_gpus);
    return {.image = image_word(session, image),
            .command = options.command,
            .mounts = std::move(mounts),
            .working_directory = working_directory(options),
            .variables = std::move(variables),
            .handed_on = handed_on(options),
            .gpus = if_said(options.gpus),
            .nodes = if_said(options.nodes),
            .tasks = if_said(options.tasks),
            .container_name = if_said(container_name_),
            .has_home = options.has_home,
            .is_root = options.is_root,
            .is_writable = options.is_writable,
            .options = further};
}

} // namespace aic::cli
