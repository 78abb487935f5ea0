// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/sandbox.hpp"

#include "builder/sandbox/inner.hpp"
#include "builder/sandbox/report.hpp"
#include "builder/sandbox/terminal.hpp"
#include "core/fd.hpp"
#include "core/pipe.hpp"
#include "core/spawning.hpp"
#include "core/subprocess.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <optional>
#include <utility>

namespace aic::sandbox {

namespace {

constexpr int k_resize_ms = 300;     ///< how soon a program learns that its window has another size
constexpr int k_first_spare_fd = 16; ///< above all that the child is given by number

/// Out of the way of the numbers that the child knows its descriptors by.
Fd moved_up(const Fd& fd) {
    Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, k_first_spare_fd));
    if (!moved)
        throw system_error("moving a descriptor");
    return moved;
}

Pipe make_pipe() {
    Pipe pipe;
    pipe.read_end = moved_up(pipe.read_end);
    pipe.write_end = moved_up(pipe.write_end);
    return pipe;
}

Fd memory_file(std::string_view text) {
    auto file = moved_up(Fd(::memfd_create("plan", MFD_CLOEXEC)));
    write_all(file.get(), as_bytes(text), "the sandbox's plan");
    if (::lseek(file.get(), 0, SEEK_SET) != 0)
        throw system_error("going back in the sandbox's plan");
    return file;
}

/// Of ours what finding and running squashfuse takes: a script must not come to see the rest.
std::vector<std::string> environment_for_setting_up() {
    auto variables = environment_for_children();
    std::erase_if(variables, [](const std::string& variable) {
        const auto name = std::string_view(variable).substr(0, variable.find('='));
        return name != "PATH" && name != "LD_LIBRARY_PATH" && !name.ends_with("SAN_OPTIONS");
    });
    return variables;
}

pid_t start(const Spawning& spawning, const std::filesystem::path& program) {
    const auto pid =
        spawning.start(program.native(), {std::string(k_inner_name)}, environment_for_setting_up());
    if (!pid)
        throw Error(ErrorKind::system, "there is no '{}' to be started", program.native());
    return *pid;
}

/// One script's run, seen from outside.
class Run {
public:
    Run(const Plan& plan, const std::filesystem::path& program, const Observer& observer,
        std::stop_token stop)
        : observer_(observer)
        , stop_(stop)
        , is_program_(plan.purpose == Purpose::program)
        , keeps_changes_(plan.keeps_changes)
        , stopped_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
        , on_stop_(stop, [this] { ::eventfd_write(stopped_.get(), 1); }) {
        auto leash = make_pipe();
        const auto text = memory_file(to_json(plan));
        Spawning spawning;
        spawning.in_own_group(); // Ctrl-C on the terminal is for us, who end it in order
        if (plan.purpose == Purpose::step) {
            spawning.give_nothing(STDIN_FILENO);
            spawning.give(output_.write_end.get(), STDOUT_FILENO);
            spawning.give(output_.write_end.get(), STDERR_FILENO);
        } else {
            output_.read_end = Fd();
        }
        spawning.give(text.get(), k_plan_fd);
        spawning.give(report_.write_end.get(), k_report_fd);
        spawning.give(layer_.write_end.get(), k_layer_fd);
        spawning.give(leash.read_end.get(), k_leash_fd);
        if (plan.has_shell || plan.has_terminal)
            spawning.give(terminal_.emplace().inside().get(), k_terminal_fd);
        process_ = start(spawning, program);
        leash_ = std::move(leash.write_end);
        for (auto* pipe : {&output_, &report_, &layer_})
            pipe->write_end = Fd(); // else their ends would never come
    }

    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    ~Run() { end(); }

    Outcome outcome() {
        while (!ended_ && report_.read_end)
            attend();
        take_rest_of_output();
        if (!ended_ || failure_)
            fail();
        {
            // What is waited for from here on must not outlast a stop.
            const std::stop_callback let_go(stop_, [this] { leash_ = Fd(); });
            const bool is_kept = is_program_ ? keeps_changes_ && keeps(*ended_) : *ended_ == 0;
            if (is_kept)
                take_layer();
            layer_.read_end = Fd(); // or who writes it would wait
            wait();
        }
        if (!is_program_)
            check_stop();
        return {.status = *ended_, .scratch_is_full = is_full_};
    }

private:
    bool keeps(int status) const { return !observer_.keeps || observer_.keeps(status); }

    /// Waits for what comes next, and takes it.
    void attend() {
        const bool has_terminal = terminal_ && terminal_->is_handed_over();
        std::array<pollfd, 5> watched = {
            {{output_.read_end ? output_.read_end.get() : -1, POLLIN, 0},
             {report_.read_end.get(), POLLIN, 0},
             {stopped_.get(), POLLIN, 0},
             {has_terminal ? terminal_->user_fd() : -1, POLLIN, 0},
             {has_terminal ? terminal_->master_fd() : -1, POLLIN, 0}}};
        const int wait_ms = has_terminal ? k_resize_ms : -1;
        if (::poll(watched.data(), watched.size(), wait_ms) < 0 && errno != EINTR)
            throw system_error("waiting for the script");
        if (watched[2].revents != 0)
            stop();
        if (has_terminal)
            terminal_->fit();
        if (watched[0].revents != 0)
            take_output();
        if (watched[3].revents != 0)
            terminal_->take_from_user();
        if (watched[4].revents != 0)
            terminal_->take_from_inside();
        if (watched[1].revents != 0)
            take_reports();
    }

    /// A program is told, and may go on; a step is over.
    void stop() {
        const int number = is_program_ && observer_.signal ? observer_.signal() : 0;
        if (!is_program_ || !is_started_)
            throw Error(ErrorKind::interrupted, "stopped");
        const auto byte = static_cast<unsigned char>(number != 0 ? number : SIGTERM);
        // One that has ended meanwhile needs no signal any more.
        static_cast<void>(::write(leash_.get(), &byte, 1) == 1);
        eventfd_t count = 0;
        ::eventfd_read(stopped_.get(), &count);
    }

    void check_stop() const {
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
    }

    /// False at its end.
    bool take_output() {
        std::array<std::byte, 65536> piece;
        const auto count = ::read(output_.read_end.get(), piece.data(), piece.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            return false;
        if (count <= 0) {
            output_.read_end = Fd();
            return false;
        }
        observer_.output(std::span(piece).first(static_cast<std::size_t>(count)));
        return true;
    }

    /// The script has ended, but what it printed may still be in the pipe.
    void take_rest_of_output() {
        if (!output_.read_end)
            return;
        ::fcntl(output_.read_end.get(), F_SETFL, O_NONBLOCK);
        while (take_output()) {
        }
    }

    void take_reports() {
        std::array<char, 4096> piece;
        const auto count = ::read(report_.read_end.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR)
            return;
        if (count <= 0) {
            report_.read_end = Fd();
            return;
        }
        reports_.append(piece.data(), static_cast<std::size_t>(count));
        for (auto end = reports_.find('\n'); end != std::string::npos; end = reports_.find('\n')) {
            if (const auto report = parse_report(std::string_view(reports_).substr(0, end)))
                take(*report);
            reports_.erase(0, end + 1);
        }
    }

    void take(const Report& report) {
        switch (report.kind) {
        case Report::Kind::started:
            is_started_ = true;
            if (is_program_ && terminal_)
                terminal_->hand_over();
            break;
        case Report::Kind::shell:
            take_rest_of_output();
            if (terminal_) {
                observer_.shell(report.status);
                terminal_->hand_over();
            }
            break;
        case Report::Kind::ended:
            if (terminal_ && terminal_->is_handed_over())
                terminal_->take_rest_from_inside();
            terminal_.reset();
            ended_ = report.status;
            break;
        case Report::Kind::full:
            is_full_ = true;
            break;
        case Report::Kind::left_out:
            observer_.warning(report.message);
            break;
        case Report::Kind::written:
            is_written_ = true;
            break;
        case Report::Kind::failed:
            if (!failure_) // the first is the cause of the others
                failure_ = Error(report.error, report.message).with_hint(report.hint);
            break;
        }
    }

    void take_layer() {
        std::exception_ptr failure;
        try {
            observer_.layer(layer_.read_end.get());
        } catch (...) {
            failure = std::current_exception(); // perhaps only since the layer was cut off
        }
        layer_.read_end = Fd();
        wait();
        check_stop();
        if (failure_)
            throw *failure_;
        if (failure)
            std::rethrow_exception(failure);
        if (!is_written_)
            fail();
    }

    [[noreturn]] void fail() {
        if (failure_)
            throw *failure_;
        end();
        throw Error(ErrorKind::system, "the sandbox has ended without a word (status {})",
                    process_status_)
            .with_hint("was it killed, for lack of memory perhaps?");
    }

    /// Until all processes of the sandbox are gone: each of them has the reports' other end.
    void wait() {
        while (report_.read_end)
            take_reports();
        if (process_ < 0)
            return;
        process_status_ = reap(std::exchange(process_, -1));
    }

    /// At once, whatever they do.
    void end() noexcept {
        leash_ = Fd();
        try {
            wait();
        } catch (const std::exception&) {
            return; // no memory for a line: the leash is gone all the same
        }
    }

    const Observer& observer_;
    std::stop_token stop_;
    const bool is_program_;
    const bool keeps_changes_;
    Pipe output_ = make_pipe(), report_ = make_pipe(), layer_ = make_pipe();
    std::optional<Terminal> terminal_;
    Fd leash_;
    Fd stopped_;
    std::stop_callback<std::function<void()>> on_stop_;
    pid_t process_ = -1;
    int process_status_ = 0;
    std::string reports_; ///< what is not a whole line yet
    std::optional<int> ended_;
    std::optional<Error> failure_;
    bool is_started_ = false;
    bool is_written_ = false;
    bool is_full_ = false;
};

} // namespace

Outcome run(const Plan& plan, const std::filesystem::path& program, const Observer& observer,
            std::stop_token stop) {
    return Run(plan, program, observer, stop).outcome();
}

} // namespace aic::sandbox
