// SPDX-License-Identifier: Apache-2.0
#include "cli/image_argument.hpp"

#include "builder/foreign/add.hpp"
#include "core/edit_distance.hpp"
#include "core/error.hpp"
#include "oci/reference.hpp"

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

constexpr std::size_t k_shortest_prefix = 4;

bool is_path(const std::string& text) {
    for (const char* start : {"/", "./", "../", "~/"})
        if (text.starts_with(start))
            return true;
    std::error_code ignored;
    return text.ends_with(".sqsh") && fs::exists(text, ignored);
}

/// Bytes that hold the id's hex digits, from "sha256:9f2c…", "9f2c…"; nothing when it is no such
/// thing.
std::optional<std::string> id_prefix(std::string text) {
    if (text.starts_with("sha256:"))
        text.erase(0, 7);
    const bool is_hex = std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    return is_hex && text.size() >= k_shortest_prefix && text.size() <= 64 ? std::optional(text)
                                                                           : std::nullopt;
}

std::optional<std::string> canonical(const std::string& text) {
    if (text.starts_with(foreign::k_file_scheme))
        return foreign::reference_of(text.substr(foreign::k_file_scheme.size()));
    try {
        return oci::Reference::parse(text).str();
    } catch (const Error&) {
        return std::nullopt; // it may still be an id
    }
}

/// The image the reference led to, for this machine if there is one for it, else for whatever there
/// is.
std::optional<ImageId> id_by_reference(const cache::Store& store, const std::string& reference) {
    if (const auto own = store.find_reference(reference, oci::Platform::host()))
        return own->id;
    for (const auto& record : store.references())
        if (record.reference == reference)
            return record.id;
    return std::nullopt;
}

std::optional<ImageId> id_by_prefix(const cache::Store& store, const std::string& text) {
    const auto prefix = id_prefix(text);
    if (!prefix)
        return std::nullopt;
    const auto ids = store.ids_with_prefix(*prefix);
    if (ids.size() > 1)
        throw Error(ErrorKind::usage, "'{}' begins the ids of {} images", text, ids.size())
            .with_hint("a few more digits tell them apart");
    return ids.empty() ? std::nullopt : std::optional(ids.front());
}

Error not_found(const cache::Store& store, const std::string& text) {
    std::vector<std::string> names;
    for (const auto& record : store.references())
        names.push_back(record.reference);
    const auto name = canonical(text).value_or(text);
    const Error error(ErrorKind::not_found, "there is no image '{}' in '{}'", text,
                      store.layout().root().native());
    if (const auto close = nearest(name, names))
        return error.with_hint(fmt::format("did you mean '{}'?", *close));
    return error.with_hint(
        fmt::format("'aic-image list' shows what is there; 'aic-image pull {}' gets it", text));
}

} // namespace

std::vector<cache::StoredImage> find_stored(const cache::Store& store, const std::string& text) {
    std::optional<ImageId> id;
    if (const auto reference = canonical(text))
        id = id_by_reference(store, *reference);
    if (!id)
        id = id_by_prefix(store, text);
    auto images = id ? store.find_all(*id) : std::vector<cache::StoredImage>();
    if (images.empty())
        throw not_found(store, text);
    return images;
}

ImageArgument find_image(const cache::Store& store, const std::string& text, const fs::path& home) {
    if (is_path(text)) {
        auto path = text.starts_with("~/") ? home / text.substr(2) : fs::path(text);
        if (!fs::exists(path))
            throw Error(ErrorKind::not_found, "there is no file '{}'", path.native());
        return {fs::absolute(path).lexically_normal(), std::nullopt};
    }
    auto images = find_stored(store, text);
    // Of several variants the newest.
    auto newest = std::ranges::max_element(
        images, {}, [](const cache::StoredImage& image) { return image.record.created_seconds; });
    return {newest->file(), std::move(*newest)};
}

} // namespace aic::cli
