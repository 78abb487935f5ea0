// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace aic::oci {

/// An image in a registry, in canonical form.
struct RegistryReference {
    std::string registry;           ///< "host[:port]"; Docker Hub's many names are all "docker.io"
    std::string repository;         ///< "library/ubuntu"
    std::optional<std::string> tag; ///< "latest" when neither tag nor digest was given
    std::optional<Digest> digest;   ///< decides when there; the tag is then only a label
    std::string user;               ///< from "user@registry#…", else ""

    /// "docker.io/library/ubuntu:20.04", "host/r:tag@sha256:…": what people see and what parses
    /// back.
    std::string str() const;
    bool operator==(const RegistryReference&) const = default;
};

/// An image in an OCI image layout on disk: `oci:DIR[:TAG]`.
struct LayoutReference {
    std::filesystem::path directory;
    std::optional<std::string> tag;

    std::string str() const;
    bool operator==(const LayoutReference&) const = default;
};

/// What a tar with images in it is read as; `any` is whichever it turns out to be.
enum class ArchiveFormat { oci, docker, any };

/// An image in a tar: `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:REFERENCE]`, or `-`, which is
/// either on standard input.
struct ArchiveReference {
    ArchiveFormat format = ArchiveFormat::any;
    std::filesystem::path file;      ///< "-" is standard input
    std::optional<std::string> name; ///< in a docker archive a canonical reference, else a tag

    bool is_standard_input() const { return file == "-"; }

    std::string str() const;
    bool operator==(const ArchiveReference&) const = default;
};

enum class Engine { docker, podman };

/// An image that a container engine of this machine has: `dockerd://IMAGE`, `podman://IMAGE`.
struct EngineReference {
    Engine engine = Engine::docker;
    std::string image; ///< as the engine calls it: "lab/x:1", "localhost/x", an id

    std::string str() const;
    bool operator==(const EngineReference&) const = default;
};

/// Where an image comes from. Accepts enroot's grammar ("nvcr.io#nvidia/tensorflow:22.02"),
/// Docker's ("nvcr.io/nvidia/tensorflow:22.02"), either after "docker://", "oci:DIR[:TAG]",
/// archives and the images of engines.
class Reference {
public:
    /// Throws Error(usage) whose message points at the offending character with a caret.
    static Reference parse(std::string_view text);

    std::string str() const;
    /// The last part of the repository, of the layout's directory or of the archive's file name:
    /// "tensorflow".
    std::string base_name() const;

    const RegistryReference* registry() const { return std::get_if<RegistryReference>(&where_); }

    const LayoutReference* layout() const { return std::get_if<LayoutReference>(&where_); }

    const ArchiveReference* archive() const { return std::get_if<ArchiveReference>(&where_); }

    /// Which holds something else every time.
    bool is_standard_input() const { return archive() && archive()->is_standard_input(); }

    const EngineReference* engine() const { return std::get_if<EngineReference>(&where_); }

    /// Standard input and engines have something else for others and on other machines.
    bool means_the_same_everywhere() const { return !is_standard_input() && !engine(); }

    bool operator==(const Reference&) const = default;

private:
    using Where =
        std::variant<RegistryReference, LayoutReference, ArchiveReference, EngineReference>;

    explicit Reference(Where where) : where_(std::move(where)) {}

    Where where_;
};

/// Whether a text means an image of an engine's, if anything.
bool names_engine(std::string_view text);

} // namespace aic::oci
