// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.hpp"

#include "core/error.hpp"
#include "oci/printable.hpp"
#include "oci/reference_grammar.hpp"

#include <algorithm>
#include <array>

namespace fs = std::filesystem;

namespace aic::oci {

namespace {

constexpr std::size_t k_max_text = 4096;
constexpr std::size_t k_max_repository = 255;
constexpr std::string_view k_docker_hub = "docker.io";
constexpr std::string_view k_docker = "docker://";
constexpr std::string_view k_layout = "oci:";
constexpr std::string_view k_oci_archive = "oci-archive:";
constexpr std::string_view k_docker_archive = "docker-archive:";
constexpr std::string_view k_file = "file:";
constexpr std::string_view k_dockerd = "dockerd://";
constexpr std::string_view k_podman = "podman://";
constexpr std::array<std::string_view, 2> k_unsupported = {"docker-daemon:", "dir:"};

void refuse_long(std::string_view text) {
    if (text.size() > k_max_text)
        throw Error(ErrorKind::usage, "parsing reference '{}': it is {} characters long",
                    printable(text, 60), text.size());
}

bool names_a_host(std::string_view first_component) {
    return first_component == "localhost" || first_component.starts_with('[')
           || first_component.find_first_of(".:") != std::string_view::npos;
}

std::string canonical_registry(std::string_view registry) {
    constexpr std::array<std::string_view, 4> k_docker_hub_names = {
        k_docker_hub, "index.docker.io", "registry-1.docker.io", "auth.docker.io"};
    std::string lower(registry);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + ('a' - 'A'));
    return std::ranges::find(k_docker_hub_names, lower) == k_docker_hub_names.end()
               ? lower
               : std::string(k_docker_hub);
}

/// A reference cut into its parts, none of them checked yet. An absent part is a view without data.
struct Parts {
    std::string_view user, registry, repository, tag, digest;

    static Parts cut(std::string_view text) {
        Parts parts;
        if (const auto hash = text.find('#'); hash != std::string_view::npos) {
            parts.registry = text.substr(0, hash);
            text.remove_prefix(hash + 1);
            if (const auto at = parts.registry.find('@'); at != std::string_view::npos) {
                parts.user = parts.registry.substr(0, at);
                parts.registry.remove_prefix(at + 1);
            }
        } else if (const auto slash = text.find('/');
                   slash != std::string_view::npos && names_a_host(text.substr(0, slash))) {
            parts.registry = text.substr(0, slash);
            text.remove_prefix(slash + 1);
        }
        if (const auto at = text.find('@'); at != std::string_view::npos) {
            parts.digest = text.substr(at + 1);
            text = text.substr(0, at);
        }
        if (const auto colon = text.find(':'); colon != std::string_view::npos) {
            parts.tag = text.substr(colon + 1);
            text = text.substr(0, colon);
        }
        parts.repository = text;
        return parts;
    }
};

/// Whether a reader takes the text's beginning for a scheme, as in "oci:5000/x", whose host is
/// "oci".
bool reads_as_scheme(std::string_view text) {
    const auto begins_text = [&](std::string_view scheme) { return text.starts_with(scheme); };
    return begins_text(k_layout) || begins_text(k_oci_archive) || begins_text(k_docker_archive)
           || begins_text(k_file) || std::ranges::any_of(k_unsupported, begins_text);
}

/// `text` may begin with "docker://", which says that no other scheme follows.
RegistryReference parse_registry_reference(std::string_view text, const ReferenceGrammar& grammar) {
    if (text.starts_with(k_docker))
        text.remove_prefix(k_docker.size());
    const auto parts = Parts::cut(text);
    RegistryReference reference;
    if (parts.user.data()) {
        grammar.check_user(parts.user);
        reference.user = parts.user;
    }
    if (parts.registry.data())
        grammar.check_registry(parts.registry);
    reference.registry = parts.registry.data() ? canonical_registry(parts.registry) : k_docker_hub;
    const bool official =
        reference.registry == k_docker_hub && parts.repository.find('/') == std::string_view::npos;
    const std::string_view prefix = official ? "library/" : "";
    grammar.check_repository(parts.repository, k_max_repository - prefix.size());
    reference.repository = fmt::format("{}{}", prefix, parts.repository);
    if (parts.tag.data()) {
        grammar.check_tag(parts.tag);
        reference.tag = parts.tag;
    }
    if (parts.digest.data())
        reference.digest = grammar.parse_digest(parts.digest);
    if (!reference.tag && !reference.digest)
        reference.tag = "latest";
    return reference;
}

LayoutReference parse_layout_reference(std::string_view text, const ReferenceGrammar& grammar) {
    auto directory = text;
    std::optional<std::string> tag;
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
        directory = text.substr(0, colon);
        tag = text.substr(colon + 1);
        if (tag->empty())
            grammar.fail(text.substr(colon + 1), "a tag is missing here");
    }
    if (directory.empty())
        grammar.fail(directory, "a layout's directory is missing here");
    return {fs::path(directory), tag};
}

/// As other tools have it, the file's name ends at the first colon: what follows may hold more.
ArchiveReference parse_archive_reference(ArchiveFormat format, std::string_view text,
                                         const ReferenceGrammar& grammar) {
    const auto colon = text.find(':');
    const auto file = text.substr(0, colon);
    if (file.empty())
        grammar.fail(file, "an archive's file is missing here");
    if (file.ends_with('/'))
        grammar.fail(file, "an archive is a file, and this is a directory");
    ArchiveReference reference{format, fs::path(file), std::nullopt};
    if (colon == std::string_view::npos)
        return reference;
    const auto name = text.substr(colon + 1);
    if (format == ArchiveFormat::docker)
        reference.name = parse_registry_reference(name, grammar).str();
    else if (name.empty())
        grammar.fail(name, "a tag is missing here");
    else
        reference.name = name;
    refuse_long(reference.str());
    return reference;
}

/// Engines know more than names in registries: ids, and parts of them.
EngineReference parse_engine_reference(Engine engine, std::string_view text,
                                       const ReferenceGrammar& grammar) {
    constexpr std::string_view k_alphanumeric = "abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if (text.empty())
        grammar.fail(text, "an image's name is missing here");
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool fits = k_alphanumeric.find(text[i]) != std::string_view::npos
                          || (i > 0 && std::string_view("._-/:@").find(text[i]) != text.npos);
        if (!fits)
            grammar.fail(text.substr(i), fmt::format("'{}' does not belong in an image's name",
                                                     printable(text.substr(i, 1))));
    }
    return {engine, std::string(text)};
}

void refuse_other_schemes(std::string_view text, const ReferenceGrammar& grammar) {
    for (const auto scheme : k_unsupported)
        if (text.starts_with(scheme))
            grammar.fail(text, fmt::format("'{}' is not supported by this version", scheme));
    for (const std::string_view path : {"file:", "/", "./", "../", "~/"})
        if (text.starts_with(path))
            grammar.fail(text, text.ends_with(".sqsh") || text.starts_with(k_file)
                                   ? "a file is not pulled: 'aic-image add' takes it over"
                                   : "a path needs what it is before it: oci:, oci-archive: or "
                                     "docker-archive:");
    if (const auto end = text.find("://"); end != std::string_view::npos)
        grammar.fail(text,
                     fmt::format("'{}' is no source of images; leave it out, or write docker://",
                                 printable(text.substr(0, end + 3))));
}

/// "x.sqsh" is a repository on Docker Hub by the letter, and surely not what was meant.
void refuse_bare_image_file(std::string_view text) {
    std::error_code ignored;
    if (text.ends_with(".sqsh") && text.find_first_of("/#@:") == std::string_view::npos
        && fs::exists(fs::path(text), ignored))
        throw Error(ErrorKind::usage, "parsing reference '{}': this is a file here",
                    printable(text))
            .with_hint(fmt::format("did you mean './{}'?", printable(text)));
}

} // namespace

Reference Reference::parse(std::string_view text) {
    const ReferenceGrammar grammar(text);
    if (text.empty())
        throw Error(ErrorKind::usage, "parsing reference '': it is empty");
    refuse_long(text);
    grammar.check_no_control_characters();
    if (text.starts_with(k_docker))
        return Reference(parse_registry_reference(text, grammar));
    if (text.starts_with(k_layout))
        return Reference(parse_layout_reference(text.substr(k_layout.size()), grammar));
    if (text.starts_with(k_oci_archive))
        return Reference(parse_archive_reference(ArchiveFormat::oci,
                                                 text.substr(k_oci_archive.size()), grammar));
    if (text.starts_with(k_docker_archive))
        return Reference(parse_archive_reference(ArchiveFormat::docker,
                                                 text.substr(k_docker_archive.size()), grammar));
    if (text.starts_with(k_dockerd))
        return Reference(
            parse_engine_reference(Engine::docker, text.substr(k_dockerd.size()), grammar));
    if (text.starts_with(k_podman))
        return Reference(
            parse_engine_reference(Engine::podman, text.substr(k_podman.size()), grammar));
    if (text == "-")
        return Reference(ArchiveReference{ArchiveFormat::any, "-", std::nullopt});
    refuse_other_schemes(text, grammar);
    refuse_bare_image_file(text);
    return Reference(parse_registry_reference(text, grammar));
}

std::string RegistryReference::str() const {
    // Without the '#' a plain host name would read as the first part of a Docker Hub repository.
    auto text = registry + (names_a_host(registry) ? '/' : '#') + repository;
    if (tag)
        text += ":" + *tag;
    if (digest)
        text += "@" + digest->str();
    return reads_as_scheme(text) ? fmt::format("{}{}", k_docker, text) : text;
}

std::string LayoutReference::str() const {
    return fmt::format("{}{}{}", k_layout, directory.native(), tag ? ":" + *tag : "");
}

std::string ArchiveReference::str() const {
    if (format == ArchiveFormat::any)
        return file.native();
    return fmt::format("{}{}{}", format == ArchiveFormat::oci ? k_oci_archive : k_docker_archive,
                       file.native(), name ? ":" + *name : "");
}

std::string EngineReference::str() const {
    return fmt::format("{}{}", engine == Engine::docker ? k_dockerd : k_podman, image);
}

bool names_engine(std::string_view text) {
    return text.starts_with(k_dockerd) || text.starts_with(k_podman);
}

std::string Reference::str() const {
    return std::visit([](const auto& where) { return where.str(); }, where_);
}

namespace {

std::string base_name_of(const RegistryReference& image) {
    return image.repository.substr(image.repository.rfind('/') + 1);
}

std::string base_name_of(const LayoutReference& layout) {
    auto path = fs::absolute(layout.directory).lexically_normal();
    if (!path.has_filename())
        path = path.parent_path();
    return path.has_filename() ? path.filename().native() : "image";
}

std::string base_name_of(const ArchiveReference& archive) {
    if (archive.format == ArchiveFormat::docker && archive.name)
        return Reference::parse(*archive.name).base_name();
    if (archive.is_standard_input())
        return "image";
    const auto file = archive.file.filename();
    return (file.extension() == ".tar" ? file.stem() : file).native();
}

std::string base_name_of(const EngineReference& reference) {
    const std::string_view image = reference.image;
    const auto name = image.substr(image.rfind('/') + 1); // npos + 1 is 0
    const auto base = name.substr(0, name.find_first_of(":@"));
    return base.empty() ? "image" : std::string(base);
}

} // namespace

std::string Reference::base_name() const {
    return std::visit([](const auto& where) { return base_name_of(where); }, where_);
}

} // namespace aic::oci
