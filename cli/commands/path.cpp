// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/path.hpp"

#include "cli/hand_out.hpp"
#include "cli/image_argument.hpp"

namespace aic::cli {

void Path::describe(const Arguments& arguments) {
    arguments.description("print where an image's file is");
    arguments.add_option("image", image_, k_image_help).required().type_name("IMAGE");
    arguments.footer(
        R"(In a job the image is kept until the job is over, whatever 'rm' and 'gc' are told meanwhile.

Examples:
  srun --container-image=$(aic-image path ubuntu:22.04) cat /etc/os-release
  aic-image path exp
  aic-image path 9f2c41)");
}

void Path::run(Session& session) {
    const auto library = session.library();
    const auto home = home_directory(session.environment());
    auto image = find_image(library, image_, home);
    if (image.stored) {
        const auto again = [&] {
            return find_image(library, image_, home).stored.value_or(*image.stored);
        };
        image.file =
            hand_out(library, *image.stored, again, slurm::LeaseFor::job, session.environment())
                .file();
    }
    if (session.json())
        return session.print_json({{"path", image.file.native()}});
    session.print(image.file.native());
}

} // namespace aic::cli
