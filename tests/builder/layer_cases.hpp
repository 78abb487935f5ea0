// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace aic::testing {

/// One edge case of docs/layers.md: layers, and the tree or the refusal that they must give.
struct LayerCase {
    std::string name; ///< begins with the rule's number
    /// `L1 | L2` are layers, lowest first, of entries with ", " between them: `a=text` a file, `d/`
    /// a directory, `l->t` a symlink, `b hard a` a hardlink, `fifo p`, `null p` a device 0:0, `wh
    /// a`, `opq d` (`opq .` for the root); `@0700` at the end is a mode. `wh-dir a` and `wh-link a`
    /// are whiteouts of an odd type.
    std::string layers;
    std::string tree;         ///< as text_of() with "; " for line ends
    std::string refusal = {}; ///< part of the message of the Error(integrity), instead of a tree
};

void PrintTo(const LayerCase& layer_case, std::ostream* out);

const std::vector<LayerCase>& layer_cases();

/// The tars of the notation.
std::vector<std::string> tars_of(const std::string& layers);
/// The tree of a case, one line an entry.
std::string expected_listing(const LayerCase& layer_case);
/// The name as GoogleTest takes it.
std::string identifier_of(const LayerCase& layer_case);

} // namespace aic::testing
