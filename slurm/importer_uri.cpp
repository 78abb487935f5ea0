// SPDX-License-Identifier: Apache-2.0
#include "slurm/importer_uri.hpp"

#include "core/error.hpp"
#include "core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aic::slurm {

namespace {

constexpr std::string_view k_scheme = "docker://";
constexpr std::string_view k_name_scheme = "aic:";

NamedImage parse_named(std::string_view text) {
    const auto at = text.find('@');
    NamedImage named{std::string(text.substr(0, at)), std::nullopt};
    if (named.name.empty())
        throw Error(ErrorKind::usage, "after 'aic:' comes no name")
            .with_hint("--container-image=aic:NAME, aic:OWNER/NAME or aic:NAME@ID");
    if (at == std::string_view::npos)
        return named;
    auto id = text.substr(at + 1);
    if (id.starts_with("sha256:"))
        id.remove_prefix(7);
    const bool is_hex = std::ranges::all_of(
        id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (!is_hex || id.empty() || id.size() > 64)
        throw Error(ErrorKind::usage, "'{}' is no beginning of an image's id", printable(id));
    named.id_prefix = std::string(id);
    return named;
}

Error looks_like_a_path(std::string_view text) {
    return Error(ErrorKind::usage, "'{}' looks like a file, and was taken for a reference",
                 printable(text))
        .with_hint("pyxis takes a file as it is when its path begins with '/' or './'");
}

} // namespace

std::string uri_of(const std::string& owner, const std::string& name, const ImageId& id) {
    return fmt::format("docker://aic:{}/{}@{}", owner, name, id.short_hex());
}

ImporterUri parse_importer_uri(std::string_view uri) {
    auto text = uri;
    if (text.starts_with(k_scheme))
        text.remove_prefix(k_scheme.size());
    if (oci::names_engine(text)) // of whichever node a task is on
        throw Error(ErrorKind::usage,
                    "'{}' is an image of an engine's, which is not asked on nodes", printable(text))
            .with_hint(fmt::format("where the engine is: 'aic-image pull --name NAME {}', then "
                                   "--container-image=aic:NAME",
                                   printable(text)));
    if (text.starts_with(k_name_scheme))
        return parse_named(text.substr(k_name_scheme.size()));
    if (text.starts_with('/') || text.starts_with('.') || text.starts_with('~')
        || text.ends_with(".sqsh") || text.ends_with(".squashfs"))
        throw looks_like_a_path(text);
    return oci::Reference::parse(text);
}

} // namespace aic::slurm
