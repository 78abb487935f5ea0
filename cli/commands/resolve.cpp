// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/resolve.hpp"

#include "core/bytes.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "registry/image_source.hpp"
#include "registry/tag_pattern.hpp"

namespace aic::cli {

namespace {

std::uint64_t size_of_layers(const oci::Manifest& manifest) {
    std::uint64_t bytes = 0;
    for (const auto& layer : manifest.layers)
        bytes += layer.size_bytes;
    return bytes;
}

nlohmann::json to_json(const oci::Reference& reference, const oci::Platform& platform,
                       const registry::ResolvedImage& image) {
    return {{"reference", reference.str()},
            {"digest", image.index_or_manifest.str()},
            {"platform", platform.str()},
            {"manifest_digest", image.manifest_digest.str()},
            {"id", image.manifest.config.digest.str()},
            {"layers", image.manifest.layers.size()},
            {"size_bytes", size_of_layers(image.manifest)}};
}

} // namespace

void Resolve::describe(CLI::App& app) {
    app.description("print the digest that a reference points at now");
    app.add_option("reference", reference_, "as for pull")->required()->type_name("REFERENCE");
    app.add_option("--platform", platform_, "os/arch[/variant] (default: this machine's)")
        ->type_name("PLATFORM");
    app.footer(
        R"(Nothing is pulled. The digest on standard output is that of the index where there is one; the
message names the manifest for the platform.

Examples:
  aic-image resolve ubuntu:22.04
  aic-image resolve 'nvcr.io#nvidia/tensorflow:*-tf2-py3'
  aic-image pull ubuntu@$(aic-image resolve -q ubuntu:22.04))");
}

void Resolve::run(Session& session) {
    const auto reference = registry::choose_reference(reference_, session.config(),
                                                      session.environment(), session.stop());
    const auto platform =
        platform_.empty() ? oci::Platform::host() : oci::Platform::parse(platform_);
    const auto source = registry::open_source(reference, session.config(), session.environment());
    const auto image = source->resolve(platform, session.stop());
    if (session.json())
        return session.print_json(to_json(reference, platform, image));
    session.say(fmt::format("{}  {}  {}  {} in {} layer{}", reference.str(), platform.str(),
                            image.manifest_digest.str(), human_size(size_of_layers(image.manifest)),
                            image.manifest.layers.size(),
                            image.manifest.layers.size() == 1 ? "" : "s"));
    session.print(image.index_or_manifest.str());
}

} // namespace aic::cli
