// SPDX-License-Identifier: Apache-2.0
#include "cache/repair.hpp"

#include "cache/folding.hpp"
#include "cache/modes.hpp"
#include "cache/names.hpp"
#include "cache/origin.hpp"
#include "cache/pending.hpp"
#include "cache/pins.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr mode_t k_wrong_bits = 07333;

/// The paths of the faults of one kind that can be mended, each once.
std::set<fs::path> paths_of(const Verified& verified, FaultKind kind) {
    std::set<fs::path> paths;
    for (const auto& fault : verified.faults)
        if (fault.kind == kind && fault.is_mendable)
            paths.insert(fault.path);
    return paths;
}

void unlink_if_there(const fs::path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        throw system_error("removing '{}'", path.native());
}

/// Whether the file's mode was wrong, and is right now.
bool has_set_mode(const fs::path& file) {
    const auto fd = open_if_exists(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd)
        return false;
    const auto status = fstat_of(fd->get(), file);
    return S_ISREG(status.st_mode) && (status.st_mode & k_wrong_bits) != 0
           && ::fchmod(fd->get(), k_image_mode) == 0;
}

std::optional<StoredImage> read_if_whole(const fs::path& directory) {
    try {
        return read_image(directory);
    } catch (const Error&) {
        return std::nullopt; // where it stands tells enough
    }
}

class Repairer {
public:
    Repairer(const Store& store, std::stop_token stop)
        : store_(store)
        , layout_(store.layout())
        , stop_(std::move(stop)) {}

    std::vector<Repair> run(const Verified& verified) {
        std::set<fs::path> images;
        for (const auto& path : paths_of(verified, FaultKind::image))
            images.insert(path.parent_path());
        for (const auto& directory : images)
            image(directory);
        for (const auto& path : paths_of(verified, FaultKind::reference))
            reference(path);
        std::set<fs::path> names;
        for (const auto& path : paths_of(verified, FaultKind::name))
            names.insert(path.parent_path());
        for (const auto& directory : names)
            name(directory, paths_of(verified, FaultKind::name));
        for (const auto& path : paths_of(verified, FaultKind::pin))
            pin(path);
        if (const auto paths = paths_of(verified, FaultKind::catalogue); !paths.empty())
            catalogue(paths);
        WorkDir::remove_abandoned(layout_.temporary());
        return std::move(repairs_);
    }

private:
    void tell(FaultKind kind, const fs::path& path, std::string what) {
        repairs_.push_back({.kind = kind, .path = path, .what = std::move(what)});
    }

    bool is_damaged(const fs::path& directory) const {
        const auto checked = check_image(layout_, directory, Depth::contents, stop_);
        // All of them: an image that could not be read throughout is not to be judged.
        return !checked.faults.empty() && std::ranges::all_of(checked.faults, &Fault::is_mendable);
    }

    void image(const fs::path& directory) {
        const auto image = read_if_whole(directory);
        if (image && has_set_mode(image->file()) && !is_damaged(directory))
            return tell(FaultKind::image, image->file(), "it has its mode again");
        if (!is_damaged(directory))
            return;
        const auto remedy = command_for(directory, image);
        store_.quarantine({image ? image->record : Record(), directory});
        ::rmdir(directory.parent_path().c_str()); // unless it has other variants
        tell(FaultKind::image, directory,
             remedy ? fmt::format("taken out; '{}' makes it again", *remedy)
                    : "taken out; where it came from is not known");
        if (image)
            repairs_.back().lost = image->record;
    }

    /// What makes the image again. Of one without a record, names and references may know.
    std::optional<std::string> command_for(const fs::path& directory,
                                           const std::optional<StoredImage>& image) const {
        if (image && origin_of(image->record.reference) == Origin::added)
            return "aic-image add " + image->record.reference.substr(k_added_scheme.size());
        if (image && origin_of(image->record.reference) != Origin::pulled)
            return "aic-image build";
        if (image)
            return fmt::format("aic-image pull {}{}", image->record.reference,
                               options_for(image->record));
        const auto id = directory.parent_path().filename().native();
        for (const auto& reference : store_.references())
            if (reference.id.hex() == id)
                return "aic-image pull " + reference.reference;
        for (const auto& state : Names(layout_).all())
            if (state.id.hex() == id && state.reference)
                return "aic-image pull " + *state.reference;
        return std::nullopt;
    }

    /// Those without which another variant would be made.
    static std::string options_for(const Record& record) {
        std::string options;
        if (!record.variant.starts_with("zstd1-128k")) {
            const auto digits = record.compression.find_first_of("0123456789", 1);
            // "lz4" is a name, and has no level.
            const bool has_level = digits != std::string::npos && record.compression != "lz4";
            options += " --compression "
                       + record.compression.substr(0, has_level ? digits : std::string::npos);
            if (has_level)
                options += ':' + record.compression.substr(digits);
            options += fmt::format(" --block-size {}K", record.block_bytes >> 10);
        }
        if (record.profile == "keep-ids")
            options += " --keep-ids";
        if (record.platform != oci::Platform::host())
            options += " --platform " + record.platform.str();
        return options;
    }

    void reference(const fs::path& path) {
        ChangeNote note(layout_, ObjectKey::reference(path.filename().native()));
        unlink_if_there(path);
        fsync_directory(path.parent_path());
        note.done();
        tell(FaultKind::reference, path, "removed; the next pull writes it again");
    }

    void name(const fs::path& directory, const std::set<fs::path>& damaged) {
        const auto name = ImageName::parse(directory.filename().native());
        const NumberedFiles files(directory, ".json");
        // What a newer aic-image wrote last is left to it.
        const bool is_newest_damaged = damaged.contains(files.path(files.newest()));
        if (const auto state = is_newest_damaged ? Names(layout_).mend(name) : std::nullopt)
            tell(FaultKind::name, directory,
                 state->is_set() ? fmt::format(
                     "it stands for {} again, as it did before the damage", state->id.short_hex())
                                 : "it is removed again, as it was before the damage");
        ChangeNote note(layout_, ObjectKey::name(name.str()));
        for (const auto& path : damaged)
            if (path.parent_path() == directory) {
                unlink_if_there(path);
                tell(FaultKind::name, path, "removed");
            }
        fsync_directory(directory);
        note.done();
    }

    void pin(const fs::path& path) {
        const auto key = image_key_of(path.filename().native());
        if (!key)
            return;
        Pins(layout_).set({.id = key->id,
                           .variant = key->variant,
                           .note = std::nullopt,
                           .pinned_seconds = std::time(nullptr)});
        tell(FaultKind::pin, path, "written again, without its note");
    }

    void catalogue(const std::set<fs::path>& paths) {
        rebuild(layout_);
        // There is a newer one now.
        for (const auto& path : paths)
            if (path != layout_.catalogue())
                unlink_if_there(path);
        tell(FaultKind::catalogue, layout_.catalogue(), "made anew from the files");
    }

    const Store& store_;
    const Layout& layout_;
    std::stop_token stop_;
    std::vector<Repair> repairs_;
};

} // namespace

std::vector<Repair> repair(const Store& store, const Verified& verified, std::stop_token stop) {
    return Repairer(store, std::move(stop)).run(verified);
}

} // namespace aic::cache
