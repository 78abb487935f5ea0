// SPDX-License-Identifier: Apache-2.0
// What stands at bin/aic-image of the package that scripts/package makes: a static program that
// starts the real one with the package's own libraries, wherever the package lies. See
// core/foreground.hpp, own_program().
//
// The C library is the machine's where that is at least as new as the package's, else the
// package's: an older one cannot run the program, and the name services' modules of a machine
// (sssd, LDAP) need one at least as new as their own.
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

#if defined(__x86_64__)
constexpr const char* k_machines_loader = "/lib64/ld-linux-x86-64.so.2";
#elif defined(__aarch64__)
constexpr const char* k_machines_loader = "/lib/ld-linux-aarch64.so.1";
#else
constexpr const char* k_machines_loader = "";
#endif
constexpr std::size_t k_most_loader_bytes = 16 << 20; // none has a twentieth of it

/// The minor number of "2.36"; -1 where it is no such text.
int minor_version(std::string_view text) {
    int number = -1;
    if (text.starts_with("2."))
        std::from_chars(text.data() + 2, text.data() + text.size(), number);
    return number;
}

/// Of the C library that a loader belongs to, as the loader's --version says it; -1 where it is not
/// there, is no glibc's, or is older than 2.33.
int version_of(const char* loader) {
    constexpr std::string_view k_before = " stable release version ";
    const int file = ::open(loader, O_RDONLY | O_CLOEXEC);

    struct stat status {};

    int version = -1;
    if (file >= 0 && ::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        const auto bytes = std::min(static_cast<std::size_t>(status.st_size), k_most_loader_bytes);
        void* start =
            bytes > 0 ? ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
        if (start != MAP_FAILED) {
            const std::string_view text(static_cast<const char*>(start), bytes);
            if (const auto at = text.find(k_before); at != std::string_view::npos)
                version = minor_version(text.substr(at + k_before.size(), 16));
            ::munmap(start, bytes);
        }
    }
    if (file >= 0)
        ::close(file);
    return version;
}

/// The directory that bin/ is in; "" where the kernel does not tell.
std::string package_directory(std::string& self) {
    std::array<char, PATH_MAX> path{};
    const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length <= 0)
        return "";
    self.assign(path.data(), static_cast<std::size_t>(length));
    const auto directory = self.substr(0, self.rfind('/'));
    return directory.substr(0, directory.rfind('/'));
}

/// Returns only where the loader cannot be started.
void start(const std::string& loader, const std::string& libraries, const std::string& package,
           std::vector<const char*> words) {
    const auto program = package + "/libexec/aic-image";
    const auto* name = words.empty() ? "" : words.front();
    std::vector<const char*> line = {loader.c_str(),   "--argv0",         name,
                                     "--library-path", libraries.c_str(), program.c_str()};
    for (std::size_t i = 1; i < words.size(); ++i)
        line.push_back(words[i]);
    line.push_back(nullptr);
    ::execv(loader.c_str(), const_cast<char* const*>(line.data()));
}

} // namespace

int main(int argc, char** argv) {
    std::string self;
    const auto package = package_directory(self);
    if (package.empty()) {
        std::fputs("error: /proc is not mounted\n", stderr);
        return 1;
    }
    // Only this process is started so; for others that have the variable from us it is no news.
    ::setenv("AIC_IMAGE_LAUNCHER", (std::to_string(::getpid()) + ":" + self).c_str(), 1);
    const bool is_new_enough =
        version_of(k_machines_loader) >= minor_version(::gnu_get_libc_version());
    const auto own = package + "/lib/glibc";
    if (is_new_enough) // and where it cannot be started all the same, the other may
        start(k_machines_loader, package + "/lib", package, {argv, argv + argc});
    start(own + "/loader", own + ":" + package + "/lib", package, {argv, argv + argc});
    std::fprintf(stderr, "error: starting '%s/loader': %s\n", own.c_str(), std::strerror(errno));
    return 1;
}
