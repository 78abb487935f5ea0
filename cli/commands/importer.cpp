// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/importer.hpp"

#include "cache/collector.hpp"
#include "cache/lease.hpp"
#include "cli/hand_out.hpp"
#include "cli/image_argument.hpp"
#include "cli/import_options.hpp"
#include "core/log.hpp"
#include "slurm/job_environment.hpp"
#include "slurm/staging.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

/// What the reference led to when it was last looked up for machines like this one.
std::optional<cache::StoredImage> known(const cache::Library& library,
                                        const oci::Reference& reference) {
    for (const auto& record : library.find_references(reference.str(), oci::Platform::host()))
        if (const auto images = library.find_all(record.id); !images.empty())
            return newest_of(images);
    return std::nullopt;
}

/// "aic:OWNER/NAME@ID" is that image, though the name may stand for another one by now.
cache::StoredImage find_exactly(const cache::Library& library, const std::string& name,
                                const std::string& id_prefix) {
    try {
        for (const auto& image : find_stored(library, name).images)
            if (image.record.id.hex().starts_with(id_prefix))
                return image;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found)
            throw;
    }
    for (const auto& id : library.ids_with_prefix(id_prefix)) {
        const auto images = library.find_all(id);
        if (!images.empty())
            return newest_of(images);
    }
    throw Error(ErrorKind::not_found, "'{}' does not stand for the image {}, and that is not here",
                name, id_prefix)
        .with_hint(fmt::format("'aic-image history {}' shows what it stood for", name));
}

cache::StoredImage find_named(const cache::Library& library, const slurm::NamedImage& named) {
    if (named.id_prefix)
        return find_exactly(library, named.name, *named.id_prefix);
    const auto found = find_stored(library, named.name);
    return newest_of(found.images);
}

std::string head_node_advice(const oci::Reference& reference) {
    return fmt::format("on the head node: aic-image pull {}", reference.str());
}

/// What the node lacks, the head node may have; whoever has to log in is told so already.
Error with_advice(const Error& error, const oci::Reference& reference) {
    const bool is_the_nodes_lack =
        error.kind() == ErrorKind::network || error.kind() == ErrorKind::no_space;
    if (!is_the_nodes_lack && !error.hint().empty())
        return error;
    return Error(error).with_hint(head_node_advice(reference));
}

/// A step that Slurm kills with SIGKILL tells nobody: who asked is gone, and nothing is pulled for
/// him.
void end_with_parent() {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() == 1)
        throw Error(ErrorKind::interrupted, "who asked is gone");
}

void release_leases(Session& session) {
    const auto step = slurm::current_holder(slurm::LeaseFor::step, session.environment());
    if (!step)
        return;
    const auto library = session.library();
    for (const auto& root : library.roots())
        try {
            cache::Leases(cache::Layout(root, ::geteuid())).release(*step);
        } catch (const Error& error) { // in the next store there may be one all the same
            debug("releasing: {}", error.message());
        }
}

} // namespace

void Importer::describe(const Arguments& arguments) {
    arguments.description("hand images to pyxis, which calls this on every node of a job");
    arguments.add_option("action", action_, "get or release")
        .required()
        .type_name("get|release")
        .one_of({"get", "release"});
    arguments
        .add_option("uri", uri_, "with get: docker://REFERENCE, docker://aic:[OWNER/]NAME[@ID]")
        .type_name("URI");
    arguments.footer(
        R"(With this line in plugstack.conf (aic-image-importer is this command by another name),
  required /usr/lib/slurm/spank_pyxis.so importer=/usr/bin/aic-image-importer use_squashfuse=1
srun --container-image=nvcr.io#nvidia/pytorch:24.05-py3 takes the image from the store, and pulls it
into it once for all nodes. importer.pull in the settings says when a registry is asked: "if-missing"
(default), "always" (then what is here is used where it does not answer), or "never".

'get' prints the path, and holds the image for the step of the job until 'release', the end of the
job, or the node's next start.

Examples:
  aic-image importer get docker://ubuntu:22.04
  aic-image importer get docker://aic:alice/exp
  aic-image importer release)");
}

cache::StoredImage Importer::pull(Session& session, const oci::Reference& reference) {
    const auto result = builder::import_image(reference, session.config(), session.environment(),
                                              configured_import(session), {}, session.stop());
    has_imported_ = has_imported_ || !result.was_there;
    return {result.record, result.file.parent_path()};
}

cache::StoredImage Importer::find_or_pull(Session& session, const oci::Reference& reference) {
    const auto policy =
        session.offline() ? PullPolicy::never : session.config().importer.pull.value;
    auto here = known(session.library(), reference);
    if (here && policy != PullPolicy::always)
        return std::move(*here);
    if (policy == PullPolicy::never)
        throw Error(ErrorKind::not_found, "{} is not here, and jobs may not pull it",
                    reference.str())
            .with_hint(head_node_advice(reference));
    try {
        return pull(session, reference);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        if (!here)
            throw with_advice(error, reference);
        inform("{}; what is here is used", error.message());
        return std::move(*here);
    }
}

cache::StoredImage Importer::find(Session& session, const slurm::ImporterUri& uri) {
    if (const auto* named = std::get_if<slurm::NamedImage>(&uri))
        return find_named(session.library(), *named);
    return find_or_pull(session, std::get<oci::Reference>(uri));
}

void Importer::get(Session& session) {
    if (uri_.empty())
        throw Error(ErrorKind::usage, "'importer get' takes what to get")
            .with_hint("aic-image importer get docker://ubuntu:22.04");
    const auto uri = slurm::parse_importer_uri(uri_);
    const auto find_it = [&] { return find(session, uri); };
    auto found = find_it();
    const auto image = hand_out(session.library(), std::move(found), find_it, slurm::LeaseFor::step,
                                session.environment());
    if (has_imported_)
        cache::collect_a_little(session.store(), session.config().gc.trash_age.value);
    // Nearer than the store, and for this node alone.
    const auto staged =
        slurm::Staging(session.config().stage_directory.value, ::geteuid()).find(image);
    const auto file = staged.value_or(image.file());
    if (session.json())
        return session.print_json({{"path", file.native()}});
    session.print(file.native());
}

void Importer::run(Session& session) {
    if (action_ == "get") {
        end_with_parent();
        return get(session);
    }
    // Quiet and successful, whatever happens: pyxis calls it twice, or after a failed get.
    try {
        release_leases(session);
    } catch (const Error& error) {
        debug("releasing: {}", error.message());
    }
}

} // namespace aic::cli
