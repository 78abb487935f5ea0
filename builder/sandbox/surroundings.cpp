// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/surroundings.hpp"

#include "core/files.hpp"
#include "core/machine.hpp"

namespace fs = std::filesystem;

namespace aic::sandbox {

std::vector<Bind> name_service(const fs::path& scratch) {
    const auto hosts = scratch / "hosts";
    write_file(hosts, fmt::format("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
                                  "127.0.1.1 {}\n",
                                  host_name()));
    std::vector<Bind> binds = {{hosts.native(), "/etc/hosts"}};
    std::error_code none;
    if (const auto resolver = fs::canonical("/etc/resolv.conf", none); !none)
        binds.push_back({resolver.native(), "/etc/resolv.conf"});
    return binds;
}

std::vector<std::string> basic_environment(const Environment& environment) {
    std::vector<std::string> variables = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    for (const auto* name :
         {"TERM", "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy", "HTTP_PROXY",
          "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"})
        if (const auto value = environment(name))
            variables.push_back(fmt::format("{}={}", name, *value));
    return variables;
}

} // namespace aic::sandbox
