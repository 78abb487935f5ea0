// SPDX-License-Identifier: Apache-2.0
#include "registry/engine_image.hpp"

#include "core/error.hpp"
#include "core/running_program.hpp"
#include "core/subprocess.hpp"
#include "oci/printable.hpp"
#include "registry/archive_files.hpp"
#include "registry/archive_input.hpp"
#include "registry/docker_archive.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace aic::registry {

namespace {

/// A name without a tag makes `docker save` save all tags; by its id it saves what the name means.
/// The name itself when docker does not tell, or is not there: then saving will say why.
std::string id_in_docker(const std::string& image, std::stop_token stop) {
    const auto text = output_of({"docker", "image", "inspect", "--format", "{{.Id}}", image}, stop);
    const auto id = Digest::try_parse(text ? text->substr(0, text->find('\n')) : "");
    return id ? id->str() : image;
}

std::vector<std::string> save_command(const oci::EngineReference& reference, std::stop_token stop) {
    if (reference.engine == oci::Engine::docker)
        return {"docker", "save", id_in_docker(reference.image, stop)};
    return {"podman", "save", "--quiet", "--format", "docker-archive", reference.image};
}

Error not_installed(const oci::EngineReference& reference, const std::string& program) {
    return Error(ErrorKind::not_found, "{} is not installed here, whose image {} is", program,
                 reference.image)
        .with_hint(fmt::format("where it is, '{} save {}' writes an archive, which 'aic-image pull "
                               "docker-archive:FILE' takes here",
                               program, reference.image));
}

Error failed(const std::string& command, int status, const std::string& complaint) {
    constexpr std::array<std::string_view, 3> k_unknown = {"No such image", "image not known",
                                                           "reference does not exist"};
    const bool is_unknown = std::ranges::any_of(k_unknown, [&](std::string_view words) {
        return complaint.find(words) != std::string::npos;
    });
    return Error(is_unknown ? ErrorKind::not_found : ErrorKind::system, "'{}' ended with {}: {}",
                 command, status,
                 complaint.empty() ? "it does not say why" : oci::printable(complaint, 500));
}

} // namespace

std::unique_ptr<ImageSource> open_engine_image(const oci::EngineReference& reference,
                                               const std::filesystem::path& spool,
                                               std::stop_token stop) {
    const auto argv = save_command(reference, stop);
    const auto command = fmt::format("{}", fmt::join(argv, " "));
    auto program = RunningProgram::start(argv);
    if (!program)
        throw not_installed(reference, argv.front());
    auto archive =
        in_context([&] { return fmt::format("reading what '{}' writes", command); },
                   [&] { return copy_archive_input(program->output(), command, spool, stop); });
    const int status = program->wait();
    if (stop.stop_requested())
        throw Error(ErrorKind::interrupted, "stopped");
    if (status != 0)
        throw failed(command, status, program->last_complaint());
    return std::make_unique<DockerArchiveSource>(
        std::make_shared<const ArchiveFiles>(std::move(archive)), std::nullopt);
}

} // namespace aic::registry
