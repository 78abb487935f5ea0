// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/inner.hpp"

#include "builder/sandbox/confinement.hpp"
#include "builder/sandbox/report.hpp"
#include "builder/sandbox/root.hpp"
#include "builder/sandbox/sandbox.hpp"
#include "builder/sandbox/upper_layer.hpp"
#include "builder/sandbox/watch.hpp"
#include "core/bytes.hpp"
#include "core/file_system.hpp"
#include "core/printable.hpp"
#include "core/spawning.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace fs = std::filesystem;

namespace aic::sandbox {

namespace {

constexpr int k_failed = 1;

/// What goes to the layer's pipe.
class PipeSink final : public Sink {
public:
    void write(std::span<const std::byte> bytes) override {
        // Small headers together, since each write costs a system call.
        if (buffer_.size() + bytes.size() > k_buffer_bytes)
            flush();
        if (bytes.size() >= k_buffer_bytes)
            return write_all(k_layer_fd, bytes, "the layer");
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }

    void flush() {
        write_all(k_layer_fd, buffer_, "the layer");
        buffer_.clear();
    }

private:
    static constexpr std::size_t k_buffer_bytes = 256 << 10;
    Bytes buffer_;
};

/// Waits for the child, but not longer than anybody holds the other end of the leash. Ending then
/// ends all that is further inside.
int wait_on_leash(pid_t child) {
    const Fd ended(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    if (!ended)
        throw system_error("watching a process");
    for (;;) {
        std::array<pollfd, 2> watched = {{{ended.get(), POLLIN, 0}, {k_leash_fd, 0, 0}}};
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
            throw system_error("waiting for a process");
        if (watched[1].revents != 0)
            ::_exit(k_failed);
        if (watched[0].revents != 0)
            return reap(child);
    }
}

/// Runs `body` in a child that does not outlive us.
template <typename Body>
pid_t start(const Body& body) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0)
        throw system_error("starting a process");
    if (child > 0)
        return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Of another process namespace the parent has no number.
    if (::getppid() != parent && ::getppid() != 0)
        ::_exit(k_failed);
    try {
        ::_exit(body());
    } catch (const Error& error) {
        tell(Report::of(error));
    } catch (const std::exception& error) {
        tell({.message = error.what()});
    }
    ::_exit(k_failed);
}

void write_map(const char* path, std::string_view text) {
    const auto file = open_file(path, O_WRONLY);
    write_all(file.get(), as_bytes(text), path);
}

/// The caller is `ids` in it, and nobody else is there.
void enter_user_namespace(int further_namespaces, Ids ids) {
    const auto users = fmt::format("{} {} 1\n", ids.uid, ::geteuid());
    const auto groups = fmt::format("{} {} 1\n", ids.gid, ::getegid());
    if (::unshare(CLONE_NEWUSER | further_namespaces) != 0)
        throw system_error("making a user namespace")
            .with_hint("'aic-image doctor' says what stands in the way");
    write_map("/proc/self/setgroups", "deny");
    write_map("/proc/self/uid_map", users);
    write_map("/proc/self/gid_map", groups);
}

/// Root on the machine is root in these too, whatever namespace he is in. Only with a /proc that
/// was just mounted.
void guard_kernel_settings(const fs::path& proc) {
    for (const auto* name :
         {"sys", "sysrq-trigger", "irq", "bus", "fs", "scsi", "acpi", "asound", "driver", "mtrr"}) {
        const auto path = proc / name;
        if (::access(path.c_str(), F_OK) != 0)
            continue;
        if (::mount(path.c_str(), path.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
            throw system_error("mounting '/proc/{}' inside", name);
        make_read_only(path);
    }
}

/// From here on the machine's own files are out of reach.
void change_root(const Plan& plan, const Root& root) {
    if (::unshare(CLONE_NEWNS) != 0)
        throw system_error("making a mount namespace");
    {
        const auto point = root.open_inside("/proc");
        const auto proc = fs::read_symlink(fmt::format("/proc/self/fd/{}", point.get()));
        if (::mount("proc", proc.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
            throw system_error("mounting /proc inside");
        // In a user namespace of its own the script would have all capabilities again. One is still
        // to be made, for a program that is not to be root.
        const auto limit = fs::path(proc) / "sys/user/max_user_namespaces";
        write_all(open_file(limit, O_WRONLY).get(), as_bytes(plan.ids ? "1" : "0"), limit);
        guard_kernel_settings(proc);
    }
    if (::chdir(root.path().c_str()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0
        || ::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0)
        throw system_error("changing the root directory");
}

/// A script without "#!" is the shell's.
[[noreturn]] void execute(const Plan& plan) {
    const auto script = "/run/aic-image/" + plan.script_name;
    std::vector<std::string> argv = {script};
    argv.insert(argv.end(), plan.arguments.begin(), plan.arguments.end());
    const auto environment = exec_pointers(plan.environment);
    ::execve(script.c_str(), exec_pointers(argv).data(), environment.data());
    if (errno != ENOEXEC)
        throw system_error("running '{}' inside: its interpreter", plan.script_name);
    argv.insert(argv.begin(), "/bin/sh");
    ::execve("/bin/sh", exec_pointers(argv).data(), environment.data());
    throw system_error("running '/bin/sh' inside");
}

int run_script(const Plan& plan) {
    ::signal(SIGPIPE, SIG_DFL); // a shell cannot undo what it finds ignored
    if (::setsid() < 0)
        throw system_error("making a session");
    if (::chdir(plan.working_directory.c_str()) != 0)
        throw system_error("entering '{}' inside", plan.working_directory);
    ::umask(022);
    execute(plan);
}

/// A session of its own, which has the terminal.
void take_terminal(std::initializer_list<int> descriptors) {
    if (::setsid() < 0 || ::ioctl(k_terminal_fd, TIOCSCTTY, 0) != 0)
        throw system_error("taking the terminal");
    for (const int standard : descriptors)
        ::dup2(k_terminal_fd, standard);
}

/// What the caller has led elsewhere stays so.
void take_callers_terminal() {
    if (::isatty(STDERR_FILENO) == 1)
        take_terminal({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
    else
        take_terminal({STDIN_FILENO, STDOUT_FILENO});
}

int run_program(const Plan& plan) {
    ::signal(SIGPIPE, SIG_DFL);
    if (plan.has_terminal)
        take_callers_terminal();
    else if (::setsid() < 0)
        throw system_error("making a session");
    if (::chdir(plan.working_directory.c_str()) != 0)
        throw system_error("entering '{}' inside", plan.working_directory);
    ::clearenv(); // where programs are looked for, the image says
    for (const auto& variable : plan.environment)
        if (const auto equals = variable.find('='); equals != std::string::npos)
            ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    ::execvp(plan.arguments.at(0).c_str(), exec_pointers(plan.arguments).data());
    const auto kind = errno == ENOENT ? ErrorKind::not_found : ErrorKind::system;
    throw Error(kind, "running '{}' inside: {}", printable(plan.arguments.at(0)),
                std::strerror(errno))
        .with_hint(std::string(kind == ErrorKind::not_found ? k_no_such_program : ""));
}

[[noreturn]] void run_shell(const Plan& plan) {
    ::signal(SIGPIPE, SIG_DFL);
    take_terminal({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
    if (::chdir(plan.working_directory.c_str()) != 0)
        throw system_error("entering '{}' inside", plan.working_directory);
    const auto environment = exec_pointers(plan.environment);
    for (const std::string shell : {"/bin/bash", "/bin/sh"})
        ::execve(shell.c_str(), exec_pointers({shell}).data(), environment.data());
    throw system_error("running a shell inside");
}

/// Where the script has stopped, with what it has left running.
void offer_shell(const Plan& plan, int status) {
    tell({.kind = Report::Kind::shell, .status = status});
    const pid_t shell = start([&]() -> int {
        allow_signals();
        run_shell(plan);
    });
    while (::waitpid(-1, nullptr, 0) != shell) {
    }
}

/// What this process has from outside is not for the script, which may ask /proc about it.
void hide() {
    constexpr int k_join_session_keyring = 1; // keyctl(2): a new one, without the login's keys
    ::syscall(SYS_keyctl, k_join_session_keyring, nullptr);
    if (::prctl(PR_SET_DUMPABLE, 0) != 0)
        throw system_error("hiding from the script");
}

/// The third process. What the script leaves running ends with it.
int supervise(const Plan& plan, const Root& root) {
    change_root(plan, root);
    if (::sethostname(plan.host_name.data(), plan.host_name.size()) != 0)
        throw system_error("setting the host's name inside");
    if (plan.ids)
        enter_user_namespace(0, *plan.ids);
    hide();
    confine(plan.purpose);
    if (!plan.ids)
        pretend_to_have_users();
    Watch watch;
    const pid_t script = start([&] {
        allow_signals();
        return plan.purpose == Purpose::program ? run_program(plan) : run_script(plan);
    });
    tell({.kind = Report::Kind::started});
    const int status = watch.wait_for(script);
    if (plan.has_shell && status != 0)
        offer_shell(plan, status);
    tell({.kind = Report::Kind::ended, .status = status});
    return status;
}

/// Directories are held open on the way down.
void allow_many_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void write_layer(const Root& root) {
    allow_many_files();
    PipeSink pipe;
    // Nobody reads reports while the layer is read, and a pipe holds only so many.
    constexpr std::size_t k_most_told = 20;
    std::size_t count = 0;
    write_upper_layer(root.upper(), pipe, [&](const std::string& path, const char* why) {
        if (++count > k_most_told)
            return;
        tell({.kind = Report::Kind::left_out,
              .message = fmt::format("'/{}' is left out of the layer: {}", printable(path), why)});
    });
    pipe.flush();
    if (count > k_most_told)
        tell({.kind = Report::Kind::left_out,
              .message = fmt::format("{} more are left out", count - k_most_told)});
    tell({.kind = Report::Kind::written});
}

/// A reader that is gone has its own reasons, and tells them itself.
void write_layer_for_reader(const Root& root) {
    try {
        write_layer(root);
    } catch (const Error& error) {
        if (error.error_number() != EPIPE)
            throw;
    }
}

/// Before it is cleared: a script that failed may have failed for that.
bool tell_if_full(const Plan& plan) {
    constexpr std::uint64_t k_full_bytes = 4 << 20;
    if (capacity_of(plan.scratch).free_bytes >= k_full_bytes)
        return false;
    tell({.kind = Report::Kind::full});
    return true;
}

/// The second process.
int look_after(const Plan& plan) {
    if (::unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
        throw system_error("making a mount namespace");
    Root root(plan);
    if (::unshare(CLONE_NEWPID) != 0)
        throw system_error("making a process namespace");
    const int status = wait_on_leash(start([&] { return supervise(plan, root); }));
    const bool is_full = tell_if_full(plan);
    root.take_apart();
    const bool has_layer = plan.keeps_changes || (status == 0 && plan.purpose == Purpose::step);
    if (has_layer && is_full)
        throw Error(ErrorKind::no_space,
                    "'{}' was full at the end, and what was written there may be cut short",
                    plan.scratch)
            .with_hint("set AIC_IMAGE_SPOOL to a larger local disk");
    if (has_layer)
        in_context("writing the layer", [&] { write_layer_for_reader(root); });
    ::close(k_layer_fd);
    root.clear();
    return status;
}

Plan read_plan() {
    FdSource source(Fd(k_plan_fd), "the plan");
    const auto bytes = read_all(source, 64 << 20, "the sandbox's plan");
    return parse_plan(as_text(bytes));
}

} // namespace

int inner_main() noexcept {
    for (const int fd : {k_plan_fd, k_report_fd, k_layer_fd, k_leash_fd, k_terminal_fd})
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::close_range(k_terminal_fd + 1, ~0U, 0); // what whoever started us left open
    ::signal(SIGPIPE, SIG_IGN);
    try {
        const auto plan = read_plan();
        enter_user_namespace(CLONE_NEWPID, {});
        return wait_on_leash(start([&] { return look_after(plan); }));
    } catch (const Error& error) {
        tell(Report::of(error));
    } catch (const std::exception& error) {
        tell({.message = error.what()});
    }
    return k_failed;
}

} // namespace aic::sandbox
