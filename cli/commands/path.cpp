// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/path.hpp"

#include "cli/image_argument.hpp"

namespace aic::cli {

void Path::describe(CLI::App& app) {
    app.description("print where an image's file is");
    app.add_option("image", image_, k_image_help)->required()->type_name("IMAGE");
    app.footer(R"(Examples:
  srun --container-image=$(aic-image path ubuntu:22.04) cat /etc/os-release
  aic-image path exp
  aic-image path 9f2c41)");
}

void Path::run(Session& session) {
    const auto library = session.library();
    const auto image = find_image(library, image_, home_directory(session.environment()));
    if (image.stored)
        library.note_use(*image.stored);
    if (session.json())
        return session.print_json({{"path", image.file.native()}});
    session.print(image.file.native());
}

} // namespace aic::cli
