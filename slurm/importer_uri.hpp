// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/reference.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace aic::slurm {

/// An image of the store by what its owner calls it: "exp", "alice/exp", and perhaps which one.
struct NamedImage {
    std::string name;                     ///< as an IMAGE argument has it
    std::optional<std::string> id_prefix; ///< hex digits that its id has to begin with
};

/// What pyxis asks its importer for. `docker://aic:NAME[@ID]` is a name; everything else a
/// reference, which pyxis has put "docker://" in front of.
using ImporterUri = std::variant<NamedImage, oci::Reference>;

/// What pyxis is to ask for: exactly this image, whatever the name stands for when the job starts.
std::string uri_of(const std::string& owner, const std::string& name, const ImageId& id);

/// Throws Error(usage) on what is neither, and on paths, which pyxis takes without an importer.
ImporterUri parse_importer_uri(std::string_view uri);

} // namespace aic::slurm
