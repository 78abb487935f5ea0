// SPDX-License-Identifier: Apache-2.0
#include "cache/store.hpp"

#include "cache/afresh.hpp"
#include "cache/modes.hpp"
#include "cache/pending.hpp"
#include "cache/set_up.hpp"
#include "cache/subtree.hpp"
#include "cache/sync.hpp"
#include "cache/trash.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::uint64_t k_max_record_bytes = 64 << 20;

/// By where it stands, so that a damaged record does not matter.
ObjectKey key_of(const fs::path& variant) {
    const auto id = sha256_from_hex(variant.parent_path().filename().native());
    if (!id)
        throw Error(ErrorKind::integrity, "'{}' is no image's directory", variant.native());
    return ObjectKey::image(ImageId(*id), variant.filename().native());
}

/// Each attempt that fails is one of somebody else that succeeded.
constexpr int k_attempts = 100;

/// Leaves `staged` where it is when another process published the same image first.
void move_into_place(const Layout& layout, const fs::path& staged, const ImageId& id,
                     std::string_view variant) {
    const auto target = layout.variant(id, variant);
    ChangeNote note(layout, ObjectKey::image(id, variant));
    // A removal beside us may take the directory of the id away before the image is in it.
    for (int attempt = 1;; ++attempt) {
        look_afresh(layout, target.parent_path());
        make_beneath(layout, target.parent_path());
        if (::rename(staged.c_str(), target.c_str()) == 0)
            break;
        if (errno == EEXIST || errno == ENOTEMPTY) {
            debug("'{}' was published by another process meanwhile", target.native());
            break;
        }
        if (errno != ENOENT)
            throw system_error("publishing '{}'", target.native());
        if (attempt == k_attempts)
            throw Error(ErrorKind::busy, "others keep removing '{}'", target.parent_path().native())
                .with_hint("run the command again");
    }
    sync_unless_gone(target.parent_path());
    note.done();
}

/// A collection that spares not even what is new may have taken it: nothing when it is gone for
/// good.
std::optional<StoredImage> read_or_bring_back(const Layout& layout, const ImageId& id,
                                              std::string_view variant) {
    const auto target = layout.variant(id, variant);
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        look_afresh(layout, target.parent_path());
        if (auto image = read_image(target))
            return image;
        if (!Trash(layout).bring_back(id, variant))
            return std::nullopt;
    }
    throw Error(ErrorKind::integrity, "'{}' is there without its record", target.native())
        .with_hint("'aic-image verify --repair' takes it out");
}

} // namespace

Store::Store(fs::path root)
    : layout_(std::move(root), ::geteuid())
    , description_(read_description(layout_.description())) {}

Store Store::of(uid_t owner) const {
    auto other = *this;
    other.layout_ = Layout(layout_.root(), owner);
    return other;
}

bool Store::is_callers() const {
    return layout_.owner() == ::geteuid();
}

bool Store::counts() const {
    return belongs_to_its_user(layout_);
}

void Store::prepare() {
    in_context(fmt::format("preparing the store '{}'", layout_.root().native()), [&] {
        if (!description_)
            description_ = begin_personal(layout_);
        if (!description_->is_writable())
            throw Error(ErrorKind::usage, "it needs a newer aic-image to write in it")
                .with_hint("what is in it can be used as it is");
        // What is in a subtree counts only if its user owns it.
        require_private_directory(layout_.subtree(), k_directory_mode);
        for (const auto& directory : {layout_.images(), layout_.references()})
            make_directories(directory, k_directory_mode);
        make_directories(layout_.temporary(), k_private_directory_mode);
    });
}

std::optional<StoredImage> read_image(const fs::path& directory) {
    const auto path = directory / k_record_name;
    const auto text = read_file_if_exists(path, k_max_record_bytes);
    if (!text)
        return std::nullopt;
    return in_context([&] { return fmt::format("reading '{}'", path.native()); },
                      [&] {
                          return StoredImage{parse_record(*text), directory};
                      });
}

namespace {

/// Of a user who is not the caller: nothing that he did not put there himself.
std::optional<StoredImage> read_beneath_image(const Layout& layout, const fs::path& directory) {
    const auto text = read_beneath(layout, directory / k_record_name, k_max_record_bytes);
    if (!text)
        return std::nullopt;
    StoredImage image{parse_record(*text), directory};
    const auto& record = image.record;
    if (ObjectKey::image(record.id, record.variant) != key_of(directory)
        || record.owner_uid != static_cast<std::int64_t>(layout.owner()))
        throw Error(ErrorKind::integrity, "'{}' is the record of another image",
                    (directory / k_record_name).native());
    return is_file_beneath(layout, image.file()) ? std::optional(std::move(image)) : std::nullopt;
}

/// Runs `look`; nothing when the user keeps what it looks at to himself.
template <typename Look>
auto unless_private(bool is_callers, const Look& look) -> decltype(look()) {
    try {
        return look();
    } catch (const Error& error) {
        if (is_callers || error.kind() != ErrorKind::denied)
            throw;
        return {};
    }
}

} // namespace

std::optional<StoredImage> Store::read(const fs::path& directory) const {
    if (is_callers())
        return read_image(directory);
    return unless_private(false, [&] { return read_beneath_image(layout_, directory); });
}

std::optional<ReferenceRecord> Store::read_reference(const fs::path& path) const {
    return unless_private(is_callers(), [&]() -> std::optional<ReferenceRecord> {
        const auto text = read_beneath(layout_, path, k_max_record_bytes);
        if (!text)
            return std::nullopt;
        return in_context([&] { return fmt::format("reading '{}'", path.native()); },
                          [&] { return parse_reference_record(*text); });
    });
}

std::optional<StoredImage> Store::find(const ImageId& id, std::string_view variant) const {
    if (!counts())
        return std::nullopt;
    look_afresh(layout_, layout_.image(id));
    return read(layout_.variant(id, variant));
}

std::vector<StoredImage> Store::find_all(const ImageId& id) const {
    std::vector<StoredImage> images;
    if (!counts())
        return images;
    look_afresh(layout_, layout_.images());
    const auto directories =
        unless_private(is_callers(), [&] { return entries_of(layout_.image(id)); });
    for (const auto& directory : directories)
        if (auto image = read(directory))
            images.push_back(std::move(*image));
    return images;
}

std::optional<ReferenceRecord> Store::find_reference(std::string_view reference,
                                                     const oci::Platform& platform) const {
    return counts() ? read_reference(layout_.reference(reference, platform)) : std::nullopt;
}

std::vector<ImageId> Store::ids_with_prefix(std::string_view hex) const {
    std::vector<ImageId> ids;
    if (!counts())
        return ids;
    for (const auto& directory :
         unless_private(is_callers(), [&] { return entries_of(layout_.images()); })) {
        const auto name = directory.filename().native();
        if (const auto bytes = sha256_from_hex(name); bytes && name.starts_with(hex))
            ids.emplace_back(*bytes);
    }
    return ids;
}

std::vector<StoredImage> Store::list() const {
    std::vector<StoredImage> images;
    for (const auto& id : ids_with_prefix(""))
        for (const auto& variant :
             unless_private(is_callers(), [&] { return entries_of(layout_.image(id)); })) {
            try {
                if (auto found = read(variant))
                    images.push_back(std::move(*found));
            } catch (const Error& error) {
                warn("{}", error.message());
            }
        }
    return images;
}

std::vector<ReferenceRecord> Store::references() const {
    std::vector<ReferenceRecord> references;
    if (!counts())
        return references;
    for (const auto& path :
         unless_private(is_callers(), [&] { return entries_of(layout_.references()); })) {
        try {
            if (auto record = read_reference(path))
                references.push_back(std::move(*record));
        } catch (const Error& error) {
            warn("{}", error.message());
        }
    }
    return references;
}

StoredImage Store::publish(const fs::path& staged, const ImageId& id, std::string_view variant) {
    fsync_directory(staged);
    // Should somebody else's, which was there first, be removed right then: ours is still to hand.
    for (int attempt = 0; attempt < k_attempts && fs::exists(staged); ++attempt) {
        move_into_place(layout_, staged, id, variant);
        if (auto image = read_or_bring_back(layout_, id, variant))
            return std::move(*image);
    }
    throw Error(ErrorKind::busy, "another process removed '{}' right after it was published",
                layout_.variant(id, variant).native())
        .with_hint("run the command again");
}

void Store::write_reference(const ReferenceRecord& reference, const oci::Platform& platform) {
    const auto path = layout_.reference(reference.reference, platform);
    ChangeNote note(layout_, ObjectKey::reference(path.filename().native()));
    write_file(path, to_json(reference), k_file_mode);
    note.done();
}

void Store::quarantine(const StoredImage& image) const {
    // Out of sight by one rename; what follows may be interrupted and is finished by the next
    // command.
    make_beneath(layout_, layout_.temporary(), k_private_directory_mode);
    const WorkDir trash(layout_.temporary());
    ChangeNote note(layout_, key_of(image.directory));
    if (::rename(image.directory.c_str(), (trash.path() / "image").c_str()) != 0)
        throw system_error("removing '{}'", image.directory.native());
    fsync_directory(image.directory.parent_path());
    note.done();
}

bool Store::leads_nowhere(const ReferenceRecord& reference) const {
    if (!entries_of(layout_.image(reference.id)).empty())
        return false;
    return std::ranges::none_of(
        Trash(layout_).list(), [&](const TrashedImage& image) { return image.id == reference.id; });
}

std::vector<fs::path> Store::dangling_references() const {
    std::vector<fs::path> files;
    for (const auto& path : entries_of(layout_.references())) {
        if (!ObjectKey::try_make(ObjectKind::reference, path.filename().native()))
            continue;
        try {
            const auto text = read_file_if_exists(path, k_max_record_bytes);
            if (text && leads_nowhere(parse_reference_record(*text)))
                files.push_back(path);
        } catch (const Error& error) {
            warn("reading '{}': {}", path.native(), error.message());
        }
    }
    return files;
}

bool Store::remove_reference(const fs::path& file) const {
    const auto text = read_file_if_exists(file, k_max_record_bytes);
    if (!text || !leads_nowhere(parse_reference_record(*text)))
        return false;
    ChangeNote note(layout_, ObjectKey::reference(file.filename().native()));
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        throw system_error("removing '{}'", file.native());
    const bool is_gone = leads_nowhere(parse_reference_record(*text));
    if (!is_gone) {
        // A pull has made the image meanwhile. What it wrote since then is newer than ours.
        AtomicFile again(file, k_file_mode);
        again.write(as_bytes(*text));
        again.commit_new();
    }
    note.done();
    return is_gone;
}

} // namespace aic::cache
