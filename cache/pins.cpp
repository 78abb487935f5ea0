// SPDX-License-Identifier: Apache-2.0
#include "cache/pins.hpp"

#include "cache/json_fields.hpp"
#include "cache/modes.hpp"
#include "cache/pending.hpp"
#include "cache/record.hpp"
#include "cache/subtree.hpp"
#include "cache/trash.hpp"
#include "core/files.hpp"

#include <unistd.h>

#include <cerrno>

namespace aic::cache {

namespace {

constexpr int k_pin_version = 1;
constexpr std::uint64_t k_max_pin_bytes = 1 << 20;

} // namespace

std::string to_json(const Pin& pin) {
    return to_file_text({
        {"version", k_pin_version},
        {"id", pin.id.str()},
        {"variant", pin.variant},
        {"note", text_or_null(pin.note)},
        {"pinned", utc_time(pin.pinned_seconds)},
    });
}

Pin parse_pin(std::string_view text) {
    const auto value = parse_versioned(text, k_pin_version);
    const Fields fields(value);
    return {
        .id = fields.digest<ImageId>("id"),
        .variant = fields.file_name("variant"),
        .note = fields.text_if_there("note"),
        .pinned_seconds = parse_utc_time(fields.get<std::string>("pinned")),
    };
}

void Pins::set(const Pin& pin) const {
    make_beneath(layout_, layout_.pins());
    ChangeNote note(layout_, ObjectKey::pin(pin.id, pin.variant));
    write_file(layout_.pin(pin.id, pin.variant), to_json(pin), k_file_mode);
    note.done();
    // As after naming: a collection beside us looks at the pins after taking an image away.
    Trash(layout_).bring_back(pin.id, pin.variant);
}

bool Pins::remove(const ImageId& id, std::string_view variant) const {
    const auto path = layout_.pin(id, variant);
    if (std::error_code ignored; !std::filesystem::exists(path, ignored))
        return false;
    ChangeNote note(layout_, ObjectKey::pin(id, variant));
    const bool was_there = ::unlink(path.c_str()) == 0;
    if (!was_there && errno != ENOENT)
        throw system_error("removing '{}'", path.native());
    fsync_directory(path.parent_path());
    note.done();
    return was_there;
}

std::optional<Pin> Pins::find(const ImageId& id, std::string_view variant) const {
    const auto path = layout_.pin(id, variant);
    const auto text = read_file_if_exists(path, k_max_pin_bytes);
    if (!text)
        return std::nullopt;
    return in_context([&] { return fmt::format("reading '{}'", path.native()); },
                      [&] { return parse_pin(*text); });
}

std::vector<ImageKey> Pins::all() const {
    std::vector<ImageKey> keys;
    for (const auto& path : entries_of(layout_.pins()))
        if (auto key = image_key_of(path.filename().native()))
            keys.push_back(std::move(*key));
    return keys;
}

} // namespace aic::cache
