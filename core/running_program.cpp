// SPDX-License-Identifier: Apache-2.0
#include "core/running_program.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/pipe.hpp"
#include "core/subprocess.hpp"

#include <sys/mman.h>

#include <array>

namespace aic {

std::optional<RunningProgram> RunningProgram::start(const std::vector<std::string>& argv) {
    Pipe output;
    Fd complaints(::memfd_create("complaints", MFD_CLOEXEC));
    if (!complaints)
        throw system_error("making a file in memory");
    Spawning spawning;
    spawning.in_own_group(); // we end it ourselves
    spawning.give_nothing(STDIN_FILENO);
    spawning.give(output.write_end.get(), STDOUT_FILENO);
    spawning.give(complaints.get(), STDERR_FILENO);
    const auto pid = spawning.start(argv, environment_for_children());
    if (!pid)
        return std::nullopt;
    return RunningProgram(Child(*pid), std::move(output.read_end), std::move(complaints));
}

std::string RunningProgram::last_complaint() const {
    constexpr std::uint64_t k_most_bytes = 4096;
    constexpr const char* k_name = "what a program says";
    const auto size = static_cast<std::uint64_t>(fstat_of(complaints_.get(), k_name).st_size);
    std::array<std::byte, k_most_bytes> buffer;
    const auto count =
        pread_some(complaints_.get(), buffer, size - std::min(size, k_most_bytes), k_name);
    auto text = as_text(std::span<const std::byte>(buffer).first(count));
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.remove_suffix(1);
    return std::string(text.substr(text.rfind('\n') + 1)); // npos + 1 is 0
}

} // namespace aic
