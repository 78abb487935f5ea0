// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/checks.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/foreground.hpp"
#include "core/printable.hpp"
#include "core/subprocess.hpp"
#include "slurm/configuration.hpp"
#include "slurm/enroot_settings.hpp"
#include "slurm/plugstack.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::cli::doctor {

namespace {

bool is_installed(const char* program, std::stop_token stop) {
    return output_of({"sh", "-c", fmt::format("command -v {}", program)}, stop).has_value();
}

Finding judge_slurm(const std::optional<std::string>& configuration, std::stop_token stop) {
    if (configuration)
        return ok(
            "Slurm",
            fmt::format(
                "{}, cluster {}",
                printable(
                    slurm::setting_in(*configuration, "SLURM_VERSION").value_or("unknown version")),
                printable(
                    slurm::setting_in(*configuration, "ClusterName").value_or("without a name"))));
    if (is_installed("scontrol", stop))
        return problem("Slurm", "installed, but slurmctld does not answer", "scontrol ping");
    return warning("Slurm", "not installed on this machine, so no job can be started from here",
                   "run it on the cluster's login node");
}

/// The program of ours that pyxis is to call: beside this one, where it is installed.
std::string own_importer() {
    return (fs::path(own_program()).parent_path() / slurm::k_importer).native();
}

Finding judge_importer(const slurm::SpankPlugin& pyxis) {
    const auto place = fmt::format("'{}', line {}", pyxis.file.native(), pyxis.line);
    const auto importer = pyxis.argument("importer");
    const auto mend =
        fmt::format("as root, on every node: importer={} in {}", own_importer(), place);
    if (!importer)
        return warning("importer", "pyxis imports images itself, once for each node and job", mend);
    if (::access(importer->c_str(), X_OK) != 0)
        return problem("importer", fmt::format("'{}' cannot be run on this machine", *importer),
                       mend);
    if (!slurm::is_our_importer(*importer))
        return warning("importer", fmt::format("'{}' is another program's", *importer), mend);
    return ok("importer", *importer);
}

Finding judge_start(const slurm::SpankPlugin& pyxis) {
    if (pyxis.argument("use_squashfuse") == "1")
        return ok("start", "unnamed containers start from the image as it is");
    return warning("start",
                   "enroot unpacks the image on each node before it starts: seconds instead of a "
                   "third of one",
                   fmt::format("as root, on every node: use_squashfuse=1 in '{}', line {}",
                               pyxis.file.native(), pyxis.line));
}

Findings judge_pyxis(const fs::path& file) {
    const auto plugins = slurm::load_plugstack(file);
    const auto pyxis = plugins ? slurm::find_pyxis(*plugins) : std::nullopt;
    if (!pyxis)
        return {warning("pyxis", fmt::format("not in '{}'", file.native()),
                        fmt::format("as root, on every node: install pyxis, and in that file: "
                                    "required spank_pyxis.so importer={} use_squashfuse=1",
                                    own_importer()))};
    Findings findings = {
        ok("pyxis", fmt::format("'{}', line {}", pyxis->file.native(), pyxis->line))};
    if (pyxis->library.is_absolute() && ::access(pyxis->library.c_str(), R_OK) != 0)
        findings.push_back(problem("pyxis",
                                   fmt::format("'{}' is not there", pyxis->library.native()),
                                   "as root: install pyxis, or correct the path"));
    findings.push_back(judge_importer(*pyxis));
    findings.push_back(judge_start(*pyxis));
    return findings;
}

Finding judge_enroot_path(const std::string& name, const std::string& value) {
    // A shell expands the rest; what it stands on is known without.
    const auto fixed = fs::path(value.substr(0, value.find('$')));
    const auto mount = fixed.is_absolute() ? mount_of(fixed) : std::nullopt;
    if (mount && mount->is_shared())
        return warning(name,
                       fmt::format("'{}' is on {}: containers are unpacked over the network", value,
                                   mount->type),
                       fmt::format("as root: {} on a local disk in enroot.conf", name));
    return ok(name, value);
}

Findings judge_enroot(const Environment& environment, std::stop_token stop) {
    auto version = output_of({"enroot", "version"}, stop);
    if (!version)
        return {warning("enroot", "not installed on this machine",
                        "as root: install enroot (nodes need it, login nodes do not)")};
    version->erase(version->find_last_not_of(" \n") + 1);
    const auto directory = slurm::enroot_settings_directory(environment);
    Findings findings = {
        ok("enroot", fmt::format("{}, settings in '{}'", printable(*version), directory.native()))};
    for (const auto& [name, value] : slurm::load_enroot_settings(directory))
        findings.push_back(name == "ENROOT_DATA_PATH" || name == "ENROOT_RUNTIME_PATH"
                               ? judge_enroot_path(name, printable(value))
                               : ok(printable(name), printable(value)));
    return findings;
}

} // namespace

Section check_cluster(const Environment& environment, std::stop_token stop) {
    const auto configuration = slurm::show_configuration(stop);
    Section section{"cluster", {judge_slurm(configuration, stop)}};
    try {
        append(section.findings, judge_pyxis(slurm::plugstack_file(configuration, environment)));
        append(section.findings, judge_enroot(environment, stop));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        section.findings.push_back(problem_of(error, "cluster"));
    }
    return section;
}

} // namespace aic::cli::doctor
