// SPDX-License-Identifier: Apache-2.0
#include "builder/run/local_run.hpp"

#include "builder/foreign/environment.hpp"
#include "builder/sandbox/sandbox.hpp"
#include "builder/sandbox/surroundings.hpp"
#include "builder/squashfs/image_text.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"
#include "oci/derived_documents.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::run {

namespace {

/// Who the caller is, as the image's files shall know him.
struct Caller {
    unsigned uid = ::geteuid();
    unsigned gid = ::getegid();
    std::string user = std::to_string(uid);
    std::string group = std::to_string(gid);
    std::string home;

    explicit Caller(const Environment& environment) : home(home_directory(environment).native()) {
        if (const auto* entry = ::getpwuid(uid))
            user = entry->pw_name;
        if (const auto* entry = ::getgrgid(gid))
            group = entry->gr_name;
    }
};

/// A colon or a line break would make another line of it.
bool fits_accounts(const std::string& text) {
    return text.find_first_of(":\n") == std::string::npos;
}

/// The image's accounts, and the caller's among them: programs ask who they are.
std::vector<sandbox::TextFile> accounts(squashfs::ImageReader& image, const Caller& caller) {
    if (!fits_accounts(caller.user) || !fits_accounts(caller.group) || !fits_accounts(caller.home))
        return {};
    const auto with_line = [](std::string text, const std::string& line) {
        if (!text.empty() && text.back() != '\n')
            text += '\n';
        return line + text; // the first that has the number counts
    };
    return {{"etc/passwd", with_line(squashfs::text_in(image, "etc/passwd"),
                                     fmt::format("{}:x:{}:{}::{}:/bin/sh\n", caller.user,
                                                 caller.uid, caller.gid, caller.home))},
            {"etc/group", with_line(squashfs::text_in(image, "etc/group"),
                                    fmt::format("{}:x:{}:\n", caller.group, caller.gid))}};
}

class LocalRun {
public:
    LocalRun(const RunRequest& request, const Environment& environment, const fs::path& scratch)
        : request_(request)
        , environment_(environment)
        , scratch_(scratch)
        , image_(request.image)
        , caller_(environment) {}

    sandbox::Plan plan() {
        sandbox::Plan plan{.images = {request_.image.native()},
                           .scratch = (scratch_ / "root").native(),
                           .files = request_.is_root ? std::vector<sandbox::TextFile>()
                                                     : accounts(image_, caller_),
                           .binds = sandbox::name_service(scratch_),
                           .script_name = {},
                           .script = {},
                           .arguments = request_.command,
                           .environment = variables(),
                           .working_directory = request_.working_directory,
                           .host_name = host_name(),
                           .purpose = sandbox::Purpose::program,
                           .has_terminal = request_.has_terminal,
                           .is_read_only = !request_.is_writable && !request_.changed,
                           .keeps_changes = static_cast<bool>(request_.changed)};
        if (!request_.is_root)
            plan.ids = sandbox::Ids{caller_.uid, caller_.gid};
        make_directories(plan.scratch, 0700);
        // What root leaves in his home is a change like any other.
        if (request_.has_home || !request_.is_root || !request_.changed)
            plan.binds.push_back(home());
        plan.binds.push_back({request_.project.native(), "/workspace", true});
        for (const auto& mount : request_.mounts)
            plan.binds.push_back(mount);
        return plan;
    }

private:
    std::string home_inside() const { return request_.is_root ? "/root" : caller_.home; }

    /// The image may have one, but not for us to write in.
    sandbox::Bind home() {
        if (request_.has_home)
            return {caller_.home, home_inside(), true};
        const auto empty = scratch_ / "home";
        make_directories(empty, 0700);
        return {empty.native(), home_inside(), true};
    }

    std::vector<std::string> variables() {
        auto variables = sandbox::basic_environment(environment_);
        variables.push_back("HOME=" + home_inside());
        variables.push_back("USER=" + (request_.is_root ? "root" : caller_.user));
        variables.push_back("LOGNAME=" + (request_.is_root ? "root" : caller_.user));
        variables = oci::with_variables(std::move(variables), foreign::environment_of(image_));
        return oci::with_variables(std::move(variables), request_.env);
    }

    const RunRequest& request_;
    const Environment& environment_;
    const fs::path& scratch_;
    squashfs::ImageReader image_;
    const Caller caller_;
};

} // namespace

int run_here(const RunRequest& request, const Config& config, const Environment& environment,
             const std::function<int()>& signal, std::stop_token stop) {
    const auto parent = config.spool.value / "run";
    require_private_directory(config.spool.value);
    require_private_directory(parent);
    WorkDir::remove_abandoned(parent);
    const WorkDir scratch(parent);
    const auto plan = LocalRun(request, environment, scratch.path()).plan();
    const sandbox::Observer observer{.output = nullptr,
                                     .warning = [](const std::string& text) { warn("{}", text); },
                                     .shell = nullptr,
                                     .layer = request.changed,
                                     .keeps = request.keeps,
                                     .signal = signal};
    return sandbox::run(plan, request.sandbox_program, observer, stop).status;
}

} // namespace aic::run
