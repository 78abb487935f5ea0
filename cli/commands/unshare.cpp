// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/unshare.hpp"

#include "cli/image_argument.hpp"
#include "cli/visibility_change.hpp"

namespace aic::cli {

void Unshare::describe(const Arguments& arguments) {
    arguments.description("keep your images to yourself again");
    arguments.add_option("image", images_, "names, references, or beginnings of ids")
        .required()
        .type_name("IMAGE");
    arguments.footer(
        R"(Nobody else sees the image from now on. Jobs that have it open keep it, and images that others made
of its layers meanwhile are theirs.

Examples:
  aic-image unshare exp)");
}

void Unshare::run(Session& session) {
    change_visibility(session, images_, cache::Visibility::owner);
}

} // namespace aic::cli
