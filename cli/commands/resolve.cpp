// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/resolve.hpp"

#include "builder/import_plan.hpp"
#include "cli/local_time.hpp"
#include "cli/reference_argument.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "oci/image_config.hpp"
#include "oci/platform.hpp"
#include "registry/image_source.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace aic::cli {

namespace {

/// What a reference leads to.
struct Resolution {
    Digest digest; ///< of the index where there is one
    Digest manifest_digest;
    ImageId id;
    oci::Manifest manifest;
    oci::Platform platform;
    std::optional<std::int64_t> known_since; ///< Unix time it was looked up, where it was not now
};

std::uint64_t size_of_layers(const oci::Manifest& manifest) {
    std::uint64_t bytes = 0;
    for (const auto& layer : manifest.layers)
        bytes += layer.size_bytes;
    return bytes;
}

nlohmann::json to_json(const oci::Reference& reference, const Resolution& image) {
    return {{"reference", reference.str()},
            {"digest", image.digest.str()},
            {"platform", image.platform.str()},
            {"manifest_digest", image.manifest_digest.str()},
            {"id", image.id.str()},
            {"layers", image.manifest.layers.size()},
            {"size_bytes", size_of_layers(image.manifest)},
            {"resolved", image.known_since ? nlohmann::json(cache::utc_time(*image.known_since))
                                           : nlohmann::json(nullptr)}};
}

/// What an index says it is for, or where there is none its own config.
oci::Platform platform_of(registry::ImageSource& source, const registry::ResolvedImage& image,
                          const oci::Platform& wanted, bool is_demanded, std::stop_token stop) {
    if (image.index_or_manifest != image.manifest_digest)
        return wanted;
    const auto actual =
        oci::parse_image_config(source.config_json(image.manifest.config, stop)).platform;
    builder::require_platform(actual, wanted, is_demanded);
    return actual;
}

Resolution resolve_now(const oci::Reference& reference, const oci::Platform& platform,
                       bool is_demanded, Session& session) {
    const auto source = registry::open_source(reference, session.config(), session.environment());
    const auto image = source->resolve(platform, session.stop());
    return {image.index_or_manifest,
            image.manifest_digest,
            ImageId(image.manifest.config.digest.bytes()),
            image.manifest,
            platform_of(*source, image, platform, is_demanded, session.stop()),
            std::nullopt};
}

/// What it led to when it was pulled last.
Resolution resolve_by_store(const oci::Reference& reference, const oci::Platform& platform,
                            const cache::Store& store) {
    const auto known = store.find_reference(reference.str(), platform);
    const auto images = known ? store.find_all(known->id) : std::vector<cache::StoredImage>();
    if (images.empty())
        throw Error(ErrorKind::not_found, "{} was not pulled for {}, and no registry may be asked",
                    reference.str(), platform.str())
            .with_hint("leave out --offline where there is a network");
    return {known->points_at,
            known->manifest_digest,
            known->id,
            oci::parse_recorded_manifest(images.front().record.manifest_json),
            images.front().record.platform,
            known->resolved_seconds};
}

std::string line_about(const oci::Reference& reference, const Resolution& image) {
    const auto since =
        image.known_since ? fmt::format(", as it was on {}", local_time(*image.known_since)) : "";
    const auto count = image.manifest.layers.size();
    return fmt::format("{}  {}  {}  {} in {} layer{}{}", reference.str(), image.platform.str(),
                       image.manifest_digest.str(), human_size(size_of_layers(image.manifest)),
                       count, count == 1 ? "" : "s", since);
}

} // namespace

void Resolve::describe(const Arguments& arguments) {
    arguments.description("print the digest that a reference points at now");
    arguments.add_option("reference", reference_, "as for pull").required().type_name("REFERENCE");
    arguments.add_option("--platform", platform_, "os/arch[/variant] (default: this machine's)")
        .not_empty()
        .type_name("PLATFORM");
    arguments.footer(
        R"(Nothing is pulled. The digest on standard output is that of the index where there is one; the
message names the manifest for the platform. With --offline it is what the reference pointed at
when it was last pulled.

Examples:
  aic-image resolve ubuntu:22.04
  aic-image resolve 'nvcr.io#nvidia/tensorflow:*-tf2-py3'
  aic-image pull ubuntu@$(aic-image resolve -q ubuntu:22.04))");
}

void Resolve::run(Session& session) {
    const auto reference = choose_reference(reference_, session);
    const auto platform =
        platform_.empty() ? oci::Platform::host() : oci::Platform::parse(platform_);
    const auto image = session.offline() && reference.registry()
                           ? resolve_by_store(reference, platform, session.store())
                           : resolve_now(reference, platform, !platform_.empty(), session);
    if (session.json())
        return session.print_json(to_json(reference, image));
    session.say(line_about(reference, image));
    session.print(image.digest.str());
}

} // namespace aic::cli
