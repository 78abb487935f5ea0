// SPDX-License-Identifier: Apache-2.0
#include "cli/directory_image.hpp"

#include "cache/names.hpp"
#include "cli/project_file.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

namespace fs = std::filesystem;

namespace aic::cli {

DirectoryImage directory_image(Session& session) {
    const auto project = read_project();
    const auto word =
        project && project->name ? *project->name : fs::current_path().filename().native();
    const auto hint = project ? "'aic-image build' makes it, as aic-image.toml says"
                              : "name one: aic-image run IMAGE COMMAND; or make one that is called "
                                "so: aic-image build BASE -s setup.sh";
    const auto library = session.library();
    std::optional<cache::NameState> state;
    try {
        state = cache::Names(session.store().layout()).find(cache::ImageName::parse(word));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::usage)
            throw;
    }
    if (!state)
        throw Error(ErrorKind::not_found, "this directory has no image: there is none called '{}'",
                    printable(word))
            .with_hint(hint);
    auto image = library.find(state->id, state->variant);
    if (!image)
        throw Error(ErrorKind::not_found, "the image of '{}' is gone", printable(word))
            .with_hint(
                fmt::format("'aic-image restore {}' brings it back, if it was removed lately",
                            printable(word)));
    if (state->directory && *state->directory != fs::current_path().native())
        session.say(
            fmt::format("'{}' was made in '{}'", printable(word), printable(*state->directory)));
    return {std::move(state->name), std::move(*image)};
}

} // namespace aic::cli
