// SPDX-License-Identifier: Apache-2.0
// What stands at bin/aic-image of the package that scripts/package makes: a static program that
// starts the real one with the package's own libraries and loader, wherever the package lies and
// whatever the machine's C library is. See core/foreground.hpp, own_program().
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

/// The directory that bin/ is in; "" where the kernel does not tell.
std::string package_directory(std::string& self) {
    char path[PATH_MAX];
    const auto length = ::readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0)
        return "";
    self.assign(path, static_cast<std::size_t>(length));
    const auto directory = self.substr(0, self.rfind('/'));
    return directory.substr(0, directory.rfind('/'));
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
    const auto loader = package + "/lib/loader";
    const auto program = package + "/libexec/aic-image";
    const auto libraries = package + "/lib";
    std::vector<const char*> line = {loader.c_str(),   "--argv0",         argc > 0 ? argv[0] : "",
                                     "--library-path", libraries.c_str(), program.c_str()};
    for (int i = 1; i < argc; ++i)
        line.push_back(argv[i]);
    line.push_back(nullptr);
    ::execv(loader.c_str(), const_cast<char* const*>(line.data()));
    std::fprintf(stderr, "error: starting '%s': %s\n", loader.c_str(), std::strerror(errno));
    return 1;
}
