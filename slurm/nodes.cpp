// SPDX-License-Identifier: Apache-2.0
#include "slurm/nodes.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/subprocess.hpp"
#include "slurm/options.hpp"

#include <sstream>

namespace aic::slurm {

std::vector<Node> parse_nodes(std::string_view text) {
    std::vector<Node> nodes;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        Node node;
        std::istringstream words(line);
        for (std::string word; words >> word;) {
            const auto equals = word.find('=');
            if (equals == std::string::npos)
                continue;
            const auto key = word.substr(0, equals);
            const auto value = word.substr(equals + 1);
            if (key == "NodeName")
                node.name = value;
            else if (key == "Arch")
                node.architecture = value;
            else if (key == "Partitions")
                node.partitions = names_in(value);
        }
        if (!node.name.empty())
            nodes.push_back(std::move(node));
    }
    return nodes;
}

std::vector<Node> show_nodes(std::stop_token stop) {
    try {
        const auto result = run_to_end({.argv = {"scontrol", "show", "nodes", "--oneliner"},
                                        .environment = environment_for_children(),
                                        .output_limit_bytes = 64 << 20,
                                        .timeout = std::chrono::seconds(10)},
                                       stop);
        return result && result->status == 0 ? parse_nodes(result->output) : std::vector<Node>();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        debug("asking for the nodes: {}", error.message());
        return {};
    }
}

std::string oci_architecture(std::string_view machine) {
    if (machine == "x86_64")
        return "amd64";
    if (machine == "aarch64")
        return "arm64";
    return std::string(machine);
}

} // namespace aic::slurm
