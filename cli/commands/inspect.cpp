// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/inspect.hpp"

#include "builder/squashfs/image_reader.hpp"
#include "cache/holders.hpp"
#include "cache/origin.hpp"
#include "cache/pins.hpp"
#include "cache/trust.hpp"
#include "cache/uses.hpp"
#include "cache/visibility.hpp"
#include "cli/image_argument.hpp"
#include "cli/image_json.hpp"
#include "cli/local_time.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"
#include "core/printable.hpp"
#include "oci/image_config.hpp"

#include <algorithm>

namespace aic::cli {

namespace {

const char* verb_of(cache::Origin origin) {
    switch (origin) {
    case cache::Origin::added:
        return "added";
    case cache::Origin::step:
    case cache::Origin::built:
        return "built";
    case cache::Origin::pulled:
        break;
    }
    return "pulled";
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

void print_field(Session& session, std::string_view name, const std::string& value) {
    if (!value.empty())
        session.print(fmt::format("{:<12} {}", name, printable(value)));
}

std::string pin_text(const cache::Pin& pin) {
    return fmt::format("{}{}{}", local_time(pin.pinned_seconds), pin.note ? ": " : "",
                       pin.note.value_or(""));
}

/// "1.5 GB of 1.6 GB, 7.2 % is dead"
std::string live_text(const cache::StoredImage& image) {
    const auto dead = dead_bytes_if_known(image);
    const auto size_bytes = image.record.size_bytes;
    if (!dead || size_bytes == 0)
        return "";
    const auto dead_bytes = std::min(*dead, size_bytes);
    return fmt::format("{} of {}, {:.1f} % is dead", human_size(size_bytes - dead_bytes),
                       human_size(size_bytes),
                       100.0 * static_cast<double>(dead_bytes) / static_cast<double>(size_bytes));
}

void print_stored(Session& session, const cache::Layout& layout, const cache::StoredImage& image) {
    const auto& record = image.record;
    const auto used = cache::last_use(layout, record.id, record.variant);
    const auto pin = cache::Pins(layout).find(record.id, record.variant);
    print_field(session, "name",
                joined(cache::Holders::read(layout).names_of(record.id, record.variant)));
    const auto config = oci::parse_image_config(record.config_json);
    print_field(session, "reference", record.reference);
    print_field(session, "id", record.id.str());
    print_field(session, "manifest", record.manifest_digest.str());
    print_field(session, "platform", record.platform.str());
    print_field(session, "path", image.file().native());
    print_field(session, "size",
                fmt::format("{} ({} bytes)", human_size(record.size_bytes), record.size_bytes));
    print_field(session, "live data", live_text(image));
    print_field(session, "variant", fmt::format("{}, profile {}", record.variant, record.profile));
    print_field(session, "digest", record.file_digest.hex());
    print_field(session, verb_of(cache::origin_of(record.reference)),
                fmt::format("{} by {}", local_time(record.created_seconds), record.made_by));
    if (record.owner_uid != static_cast<std::int64_t>(layout.owner()))
        print_field(session, "owner", user_name(static_cast<uid_t>(record.owner_uid)));
    if (cache::visibility_of(image.directory) == cache::Visibility::owner)
        print_field(session, "seen by", "its owner alone");
    print_field(session, "used", used ? local_time(*used) : "");
    print_field(session, "pinned", pin ? pin_text(*pin) : "");
    print_field(session, "created",
                config.created_seconds ? local_time(config.created_seconds) : "");
    print_field(session, "workdir", config.working_dir);
    print_field(session, "entrypoint", joined(config.entrypoint));
    print_field(session, "command", joined(config.cmd));
    for (const auto& variable : config.env)
        print_field(session, "env", variable);
    for (const auto& [key, value] : config.labels)
        print_field(session, "label", fmt::format("{}={}", key, value));
    for (const auto& segment : record.segments)
        print_field(
            session, "segment",
            fmt::format("{:>10}  {}", human_size(segment.length_bytes),
                        segment.diff_id ? segment.diff_id->str() : "(the profile's own files)"));
}

nlohmann::json superblock_json(const squashfs::Superblock& superblock,
                               const std::filesystem::path& file) {
    return {
        {"path", file.native()},
        {"size_bytes", superblock.bytes_used},
        {"compression",
         squashfs::name_of(static_cast<squashfs::CompressorId>(superblock.compressor))},
        {"block_bytes", superblock.block_bytes},
        {"inodes", superblock.inode_count},
        {"created", cache::utc_time(superblock.mkfs_time)},
    };
}

void print_file(Session& session, const squashfs::Superblock& superblock,
                const std::filesystem::path& file) {
    print_field(session, "path", file.native());
    print_field(
        session, "size",
        fmt::format("{} ({} bytes)", human_size(superblock.bytes_used), superblock.bytes_used));
    print_field(
        session, "compression",
        fmt::format("{}, {} KiB blocks",
                    squashfs::name_of(static_cast<squashfs::CompressorId>(superblock.compressor)),
                    superblock.block_bytes / 1024));
    print_field(session, "inodes", std::to_string(superblock.inode_count));
    print_field(session, "created", local_time(superblock.mkfs_time));
}

} // namespace

void Inspect::describe(const Arguments& arguments) {
    arguments.description("show what is known of an image");
    arguments.add_option("image", image_, k_image_help).required().type_name("IMAGE");
    arguments.footer(R"(Examples:
  aic-image inspect ubuntu:22.04
  aic-image inspect exp
  aic-image inspect ./image.sqsh
  aic-image inspect --json ubuntu:22.04 | jq .config.config.Env)");
}

void Inspect::run(Session& session) {
    const auto library = session.library();
    const auto image = find_image(library, image_, home_directory(session.environment()));
    if (image.stored) {
        const auto layout = library.callers_store_of(*image.stored).layout();
        if (session.json())
            return session.print_json(detailed_image_json(layout, *image.stored));
        return print_stored(session, layout, *image.stored);
    }
    const squashfs::ImageReader reader(image.file);
    if (session.json())
        return session.print_json(superblock_json(reader.superblock(), image.file));
    print_file(session, reader.superblock(), image.file);
}

} // namespace aic::cli
