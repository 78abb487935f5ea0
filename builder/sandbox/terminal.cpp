// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/terminal.hpp"

#include "core/error.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

namespace aic::sandbox {

namespace {

Fd open_users_terminal() {
    Fd user(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!user)
        throw Error(ErrorKind::usage, "a shell takes a terminal, and there is none");
    return user;
}

Fd open_master() {
    Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0)
        throw system_error("making a terminal");
    return master;
}

Fd open_inside(const Fd& master) {
    std::array<char, PATH_MAX> name{};
    if (::ptsname_r(master.get(), name.data(), name.size()) != 0)
        throw system_error("making a terminal");
    return open_file(name.data(), O_RDWR | O_NOCTTY);
}

/// What one of them has, to the other; false at its end.
bool pass_on(int from, int to) {
    std::array<std::byte, 4096> piece;
    const auto count = ::read(from, piece.data(), piece.size());
    if (count <= 0)
        return count < 0 && (errno == EINTR || errno == EAGAIN);
    write_all(to, std::span(piece).first(static_cast<std::size_t>(count)), "the terminal");
    return true;
}

} // namespace

Terminal::Terminal()
    : user_(open_users_terminal())
    , master_(open_master())
    , inside_(open_inside(master_)) {}

void Terminal::hand_over() {
    termios now{};
    if (::tcgetattr(user_.get(), &now) != 0)
        throw system_error("asking for the terminal's settings");
    before_ = now;
    ::cfmakeraw(&now);
    ::tcsetattr(user_.get(), TCSADRAIN, &now);
    fit();
}

void Terminal::give_back() noexcept {
    if (before_)
        ::tcsetattr(user_.get(), TCSADRAIN, &*before_);
    before_.reset();
}

void Terminal::fit() {
    winsize size{};
    if (::ioctl(user_.get(), TIOCGWINSZ, &size) == 0)
        ::ioctl(master_.get(), TIOCSWINSZ, &size);
}

void Terminal::take_from_user() {
    fit();
    if (!pass_on(user_.get(), master_.get()))
        give_back(); // it has hung up; the shell sees the end of its input when we are gone
}

void Terminal::take_rest_from_inside() {
    ::fcntl(master_.get(), F_SETFL, O_NONBLOCK);
    pollfd waiting{master_.get(), POLLIN, 0};
    while (::poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLIN) != 0
           && pass_on(master_.get(), user_.get())) {
    }
}

void Terminal::take_from_inside() {
    pass_on(master_.get(), user_.get());
}

} // namespace aic::sandbox
