// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/share.hpp"

#include "cli/image_argument.hpp"
#include "cli/visibility_change.hpp"

namespace aic::cli {

void Share::describe(CLI::App& app) {
    app.description("let everybody who uses the store use your images");
    app.add_option("image", images_, "names, references, or beginnings of ids")
        ->required()
        ->type_name("IMAGE");
    app.footer(
        R"(An image that not everybody may pull from its registry is made private: nobody else sees it. This
opens it to all who may read the store. Whether they use it is up to whom they trust.

Examples:
  aic-image share exp
  aic-image share nvcr.io/lab/private:2)");
}

void Share::run(Session& session) {
    change_visibility(session, images_, cache::Visibility::everyone);
}

} // namespace aic::cli
