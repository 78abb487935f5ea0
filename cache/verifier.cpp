// SPDX-License-Identifier: Apache-2.0
#include "cache/verifier.hpp"

#include "cache/afresh.hpp"
#include "cache/folding.hpp"
#include "cache/generation.hpp"
#include "cache/name_state.hpp"
#include "cache/numbered_files.hpp"
#include "cache/object_key.hpp"
#include "cache/pins.hpp"
#include "cache/record.hpp"
#include "cache/subtree.hpp"
#include "cache/trash.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::uint64_t k_max_state_bytes = 1 << 20;
constexpr int k_readings = 4; ///< of rows and files, before they are said to differ
constexpr auto k_between_readings = std::chrono::milliseconds(500);

std::string_view word_of(DifferenceKind kind) {
    switch (kind) {
    case DifferenceKind::missing:
        return "is missing in it";
    case DifferenceKind::stale:
        return "is in it, and not in the store";
    case DifferenceKind::wrong:
        break;
    }
    return "is not as its file says";
}

/// The part of a reference's file name that does not depend on the platform.
std::string without_platform(const fs::path& path) {
    const auto name = path.filename().native();
    return name.substr(0, name.rfind('@'));
}

class Verifier {
public:
    Verifier(const Layout& layout, const VerifyOptions& options, std::stop_token stop)
        : layout_(layout)
        , options_(options)
        , stop_(std::move(stop)) {}

    Verified run() {
        if (options_.only) {
            for (const auto& key : *options_.only)
                image(layout_.variant(key.id, key.variant));
            return std::move(verified_);
        }
        images();
        references();
        names();
        pins();
        generations();
        rows();
        return std::move(verified_);
    }

private:
    void fault(FaultKind kind, const fs::path& path, std::string what, bool is_mendable = true) {
        verified_.faults.push_back({kind, path, std::move(what), is_mendable});
    }

    void note(FaultKind kind, const fs::path& path, std::string what) {
        verified_.notes.push_back({kind, path, std::move(what)});
    }

    void check_stop() const {
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
    }

    void image(const fs::path& directory) {
        check_stop();
        if (options_.on_image)
            options_.on_image(directory);
        auto checked = check_image(layout_, directory, options_.depth, stop_);
        ++verified_.images;
        verified_.size_bytes += checked.size_bytes;
        std::ranges::move(checked.faults, std::back_inserter(verified_.faults));
    }

    void images() {
        for (const auto& id : entries_of(layout_.images())) {
            if (!sha256_from_hex(id.filename().native())) {
                note(FaultKind::image, id, "it is no image's directory");
                continue;
            }
            for (const auto& variant : entries_of(id))
                image(variant);
        }
    }

    /// Gives the file's text to `parse`, which throws where it is damaged. Nothing is said of a
    /// file that is gone by now.
    template <typename Parse>
    void file(FaultKind kind, const fs::path& path, const Parse& parse) {
        check_stop();
        bool is_mendable = false;
        try {
            const auto text = read_beneath(layout_, path, k_max_state_bytes);
            if (!text) {
                if (is_there(layout_, path))
                    fault(kind, path, "it is no regular file of its owner's", is_mendable);
                return;
            }
            is_mendable = !is_of_newer_version(*text);
            parse(*text);
        } catch (const Error& error) {
            fault(kind, path, error.message(), is_mendable && error.kind() == ErrorKind::integrity);
        }
    }

    bool leads_nowhere(const ImageId& id, std::optional<std::string_view> variant) const {
        const auto directory = variant ? layout_.variant(id, *variant) : layout_.image(id);
        if (!entries_of(directory).empty())
            return false;
        return std::ranges::none_of(Trash(layout_).list(), [&](const TrashedImage& image) {
            return image.id == id && (!variant || image.variant == *variant);
        });
    }

    void references() {
        for (const auto& path : entries_of(layout_.references()))
            if (ObjectKey::try_make(ObjectKind::reference, path.filename().native()))
                file(FaultKind::reference, path,
                     [&](std::string_view text) { reference(path, parse_reference_record(text)); });
    }

    void reference(const fs::path& path, const ReferenceRecord& reference) {
        const auto place = layout_.reference(reference.reference, oci::Platform::host());
        if (without_platform(place) != without_platform(path))
            throw Error(ErrorKind::integrity, "it speaks of another reference, {}",
                        reference.reference);
        if (leads_nowhere(reference.id, std::nullopt))
            note(FaultKind::reference, path, "it leads nowhere: its image is gone");
    }

    void names() {
        for (const auto& directory : entries_of(layout_.names())) {
            const auto name = directory.filename().native();
            if (!ImageName::try_parse(name)) {
                note(FaultKind::name, directory, "it is no name's directory");
                continue;
            }
            const NumberedFiles files(directory, ".json");
            const auto numbers = files.numbers();
            for (const auto number : numbers)
                file(FaultKind::name, files.path(number), [&](std::string_view text) {
                    const auto state = parse_name_state(text);
                    if (state.name.str() != name)
                        throw Error(ErrorKind::integrity, "it speaks of another name, '{}'",
                                    state.name.str());
                    if (number == numbers.back() && state.is_set()
                        && leads_nowhere(state.id, state.variant))
                        note(FaultKind::name, directory, "it leads nowhere: its image is gone");
                });
        }
    }

    void pins() {
        for (const auto& path : entries_of(layout_.pins())) {
            const auto key = image_key_of(path.filename().native());
            if (!key)
                continue; // being written, or nothing of ours
            file(FaultKind::pin, path, [&](std::string_view text) {
                const auto pin = parse_pin(text);
                if (pin.id != key->id || pin.variant != key->variant)
                    throw Error(ErrorKind::integrity, "it speaks of another image, {} {}",
                                pin.id.short_hex(), pin.variant);
                if (leads_nowhere(pin.id, pin.variant))
                    note(FaultKind::pin, path, "it leads nowhere: its image is gone");
            });
        }
    }

    void generations() {
        const NumberedFiles files(layout_.catalogue(), ".db");
        for (const auto number : files.numbers()) {
            check_stop();
            const auto path = files.path(number);
            try {
                reopening_if_stale(path, [&] { read_generation(path).check(); });
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::not_found) // it was replaced meanwhile
                    fault(FaultKind::catalogue, path, error.message(),
                          error.kind() == ErrorKind::integrity);
            }
        }
    }

    void rows() {
        check_stop();
        // A change while rows and files are read looks like a difference, but not for long.
        auto differences = compare(layout_);
        for (int reading = 1; reading < k_readings && !differences.empty(); ++reading) {
            std::this_thread::sleep_for(k_between_readings);
            check_stop();
            const auto again = compare(layout_);
            std::erase_if(differences, [&](const Difference& one) {
                return std::ranges::find(again, one) == again.end();
            });
        }
        for (const auto& difference : differences)
            fault(FaultKind::catalogue, layout_.catalogue(),
                  fmt::format("{} {}", difference.object, word_of(difference.kind)));
    }

    const Layout& layout_;
    const VerifyOptions& options_;
    std::stop_token stop_;
    Verified verified_;
};

} // namespace

Verified verify(const Layout& layout, const VerifyOptions& options, std::stop_token stop) {
    return Verifier(layout, options, std::move(stop)).run();
}

} // namespace aic::cache
