// SPDX-License-Identifier: Apache-2.0
#include "core/machine.hpp"

#include "core/files.hpp"
#include "core/printable.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace aic {

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string boot_id() {
    constexpr std::uint64_t k_most_bytes = 100;
    auto text = read_file_if_exists("/proc/sys/kernel/random/boot_id", k_most_bytes).value_or("");
    text.erase(std::min(text.find('\n'), text.size()));
    return text;
}

std::string pid_namespace() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/ns/pid", ignored).native();
}

std::string user_name(uid_t user) {
    std::array<char, 16 << 10> memory{};
    passwd entry{};
    passwd* found = nullptr;
    const bool is_known =
        ::getpwuid_r(user, &entry, memory.data(), memory.size(), &found) == 0 && found != nullptr;
    return is_known ? printable(found->pw_name) : std::to_string(user);
}

std::string group_name(gid_t group) {
    std::array<char, 64 << 10> memory{}; // a group comes with the names of its members

    struct group entry {};
    struct group* found = nullptr;
    const bool is_known =
        ::getgrgid_r(group, &entry, memory.data(), memory.size(), &found) == 0 && found;
    return is_known ? printable(found->gr_name) : std::to_string(group);
}

} // namespace aic
