// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace aic::slurm {

/// A node as `scontrol show nodes --oneliner` tells of it.
struct Node {
    std::string name;
    std::string architecture; ///< as uname(1) has it: "x86_64"; "" until slurmd has told
    std::vector<std::string> partitions;

    bool operator==(const Node&) const = default;
};

/// What makes no sense is left out.
std::vector<Node> parse_nodes(std::string_view text);

/// All nodes of the cluster; none where Slurm does not tell.
std::vector<Node> show_nodes(std::stop_token stop);

/// "amd64" for "x86_64", as OCI has it; else as it is.
std::string oci_architecture(std::string_view machine);

} // namespace aic::slurm
