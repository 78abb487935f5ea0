// SPDX-License-Identifier: Apache-2.0
#include "cli/registry_argument.hpp"

#include "core/error.hpp"
#include "oci/printable.hpp"
#include "oci/reference.hpp"

namespace aic::cli {

RegistryArgument parse_registry_argument(std::string_view text) {
    if (text.empty())
        return {"docker.io", ""};
    auto host = text;
    if (const auto scheme = host.find("://"); scheme != std::string_view::npos)
        host.remove_prefix(scheme + 3);
    host = host.substr(0, host.find('/'));
    const auto no_registry = [&] {
        return Error(ErrorKind::usage, "'{}' names no registry", oci::printable(text, 100))
            .with_hint("write it as in 'aic-image login nvcr.io'");
    };
    try {
        const auto reference = oci::Reference::parse(fmt::format("docker://{}#x", host));
        return {reference.registry()->registry, reference.registry()->user};
    } catch (const Error&) {
        throw no_registry(); // the other error would speak of a reference that nobody wrote
    }
}

} // namespace aic::cli
