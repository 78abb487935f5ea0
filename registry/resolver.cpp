// SPDX-License-Identifier: Apache-2.0
#include "registry/resolver.hpp"

#include "core/error.hpp"

#include <set>

namespace aic::registry {

constexpr std::size_t k_max_depth = 8;

ServedDocument served_document(std::string json, std::string_view served_type,
                               const std::optional<Digest>& expected) {
    const Digest digest(sha256_of(json));
    if (expected && *expected != digest)
        throw Error(ErrorKind::integrity, "manifest {} arrived as {}", expected->str(),
                    digest.str());
    auto document = in_context([&] { return fmt::format("reading manifest {}", digest.str()); },
                               [&] { return oci::parse_document(json, served_type); });
    return {digest, std::move(json), std::move(document)};
}

void verify(std::string_view bytes, const oci::Descriptor& descriptor) {
    if (bytes.size() != descriptor.size_bytes)
        throw Error(ErrorKind::integrity, "{} has {} bytes instead of {}", descriptor.digest.str(),
                    bytes.size(), descriptor.size_bytes);
    if (const Digest actual(sha256_of(bytes)); actual != descriptor.digest)
        throw Error(ErrorKind::integrity, "{} arrived as {}", descriptor.digest.str(),
                    actual.str());
}

ResolvedImage follow(ServedDocument first, const oci::Platform& platform, const GetDocument& get) {
    const auto start = first.digest;
    auto current = std::move(first);
    std::set<Digest> seen = {current.digest};
    while (const auto* index = std::get_if<oci::Index>(&current.document)) {
        const auto chosen = oci::choose(*index, platform).descriptor;
        if (!seen.insert(chosen.digest).second)
            throw Error(ErrorKind::integrity, "index {} leads back to itself", chosen.digest.str());
        if (seen.size() > k_max_depth + 1)
            throw Error(ErrorKind::integrity, "indexes are nested deeper than {}", k_max_depth);
        if (chosen.size_bytes > k_max_manifest_bytes)
            throw Error(ErrorKind::integrity, "manifest {} would have {} bytes",
                        chosen.digest.str(), chosen.size_bytes);
        current = get(chosen);
    }
    auto manifest = std::get<oci::Manifest>(std::move(current.document));
    return {start, current.digest, std::move(current.json), std::move(manifest)};
}

} // namespace aic::registry
