// SPDX-License-Identifier: Apache-2.0
#include "builder/build/step_run.hpp"

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/machine.hpp"
#include "oci/derived_documents.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace fs = std::filesystem;

namespace aic::build {

namespace {

constexpr auto k_log_age = std::chrono::hours(24 * 30);

/// A label as a name that a file can have.
std::string file_name_of(const std::string& label) {
    std::string name;
    for (const char c : label.substr(0, 60)) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                              || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        name += is_plain ? c : '-';
    }
    return name.empty() || name.front() == '.' ? "step" + name : name;
}

/// What every program expects, then the proxies of the caller, without which nothing is fetched at
/// many sites, then what image and recipe say.
std::vector<std::string> environment_of(const std::vector<std::string>& image_env,
                                        const Environment& environment) {
    std::vector<std::string> variables = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "USER=root",
        "LOGNAME=root",
        "DEBIAN_FRONTEND=noninteractive",
        "PIP_ROOT_USER_ACTION=ignore",
        "PIP_DISABLE_PIP_VERSION_CHECK=1"};
    for (const auto* name :
         {"TERM", "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy", "HTTP_PROXY",
          "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"})
        if (const auto value = environment(name))
            variables.push_back(fmt::format("{}={}", name, *value));
    return oci::with_variables(std::move(variables), image_env);
}

void write_hosts(const fs::path& path) {
    write_file(path, fmt::format("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
                                 "127.0.1.1 {}\n",
                                 host_name()));
}

fs::path log_directory(const Environment& environment) {
    const auto state = environment("XDG_STATE_HOME");
    return (state ? fs::path(*state) : home_directory(environment) / ".local/state")
           / "aic-image/logs";
}

void remove_old_logs(const fs::path& directory) {
    const auto oldest = fs::file_time_type::clock::now() - k_log_age;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored))
        if (entry.path().extension() == ".log" && entry.last_write_time(ignored) < oldest)
            fs::remove(entry.path(), ignored);
}

} // namespace

sandbox::Plan plan_step(const Step& step, const StepPlace& place, const Environment& environment) {
    sandbox::Plan plan{.images = place.images,
                       .scratch = (place.scratch / "root").native(),
                       .files = place.files,
                       .binds = {},
                       .script_name = file_name_of(step.label),
                       .script = step.script,
                       .arguments = {},
                       .environment = environment_of(place.image_env, environment),
                       .working_directory = "/workspace",
                       .host_name = host_name()};
    make_directories(plan.scratch, 0700);
    const auto hosts = place.scratch / "hosts";
    write_hosts(hosts);
    plan.binds.push_back({hosts.native(), "/etc/hosts"});
    std::error_code none;
    if (const auto resolver = fs::canonical("/etc/resolv.conf", none); !none)
        plan.binds.push_back({resolver.native(), "/etc/resolv.conf"});
    const auto cache = [&](const char* name, const char* target, bool is_optional) {
        make_directories(place.packages / name, 0755);
        plan.binds.push_back({(place.packages / name).native(), target, true, is_optional});
    };
    cache("apt", "/var/cache/apt/archives", true);
    cache("pip", "/root/.cache/pip", false);
    for (const auto& target : place.caches)
        cache(to_hex(sha256_of(target)).substr(0, 16).c_str(), target.c_str(), false);
    for (const auto& secret : place.secrets)
        plan.binds.push_back({secret.file.native(), "/run/secrets/" + secret.name});
    if (step.added)
        plan.binds.push_back({step.added->native(), k_added_path});
    if (place.project && step.workspace != Workspace::hidden)
        plan.binds.push_back(
            {place.project->native(), "/workspace", step.workspace == Workspace::writable});
    else {
        make_directories(place.scratch / "workspace", 0755);
        plan.binds.push_back({(place.scratch / "workspace").native(), "/workspace", true});
        for (const auto& path : place.shown)
            plan.binds.push_back(
                {(place.shown_from / path).native(), "/workspace/" + path.native()});
    }
    return plan;
}

PackageCaches::PackageCaches(const fs::path& directory, const fs::path& otherwise)
    : directory_(directory) {
    require_private_directory(directory_);
    lock_ = open_file(directory_ / "lock", O_RDWR | O_CREAT, 0600);
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
        directory_ = otherwise;
}

StepLog::StepLog(const Environment& environment, const std::string& label) {
    const auto directory = log_directory(environment);
    make_directories(directory, 0700);
    remove_old_logs(directory);
    std::string when(32, '\0');
    const auto now = std::time(nullptr);
    std::tm local{};
    when.resize(
        std::strftime(when.data(), when.size(), "%Y%m%d-%H%M%S", ::localtime_r(&now, &local)));
    path_ = directory / fmt::format("{}-{}-{}.log", when, ::getpid(), file_name_of(label));
    fd_ = open_file(path_, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

} // namespace aic::build
