// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/stats.hpp"

#include "cache/catalogue_view.hpp"
#include "cache/objects.hpp"
#include "cache/subtree.hpp"
#include "cache/trash.hpp"
#include "cache/trust.hpp"
#include "cache/uses.hpp"
#include "cli/table.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace aic::cli {

namespace {

/// What one user has in the store.
struct Share {
    cache::OwnerStatistics images;
    std::uint64_t names = 0;
    std::uint64_t pins = 0;
    std::uint64_t trash_images = 0;
    std::uint64_t trash_bytes = 0;
    std::uint64_t dead_bytes = 0;  ///< that no path leads to, as far as records tell
    std::uint64_t saved_bytes = 0; ///< images of others that he uses and has no copy of

    /// In segments that the same user has several times.
    std::uint64_t repeated_bytes() const {
        return images.segment_bytes - images.unique_segment_bytes;
    }
};

using Shares = std::map<std::int64_t, Share>;

/// What others keep private is left out.
void add_trash(const cache::Layout& layout, Share& share) {
    try {
        for (const auto& image : cache::Trash(layout).list()) {
            ++share.trash_images;
            if (const auto found = cache::read_image(image.directory))
                share.trash_bytes += found->record.size_bytes;
        }
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::denied && error.kind() != ErrorKind::integrity)
            throw;
    }
}

/// What others keep private, or is damaged, is left out.
void add_dead(const cache::Layout& layout, Share& share) {
    try {
        for (const auto& key : cache::object_keys(layout))
            if (key.kind() == cache::ObjectKind::image)
                if (const auto object = cache::read_object(layout, key))
                    share.dead_bytes += std::get<cache::Record>(*object).dead_bytes.value_or(0);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::denied)
            throw;
    }
}

/// What each user was given the path of and did not have to make.
void add_saved(const cache::Layout& layout, const std::vector<cache::ImageRow>& images,
               Shares& shares) {
    std::map<cache::ImageKey, std::uint64_t> sizes;
    std::set<std::pair<std::int64_t, cache::ImageKey>> owned;
    for (const auto& image : images) {
        const cache::ImageKey key{image.id, image.variant};
        sizes.emplace(key, image.size_bytes);
        owned.emplace(image.owner_uid, key);
    }
    for (const auto user : cache::users_of(layout))
        for (const auto& [key, seconds] : cache::last_uses(layout, {user}))
            if (const auto image = sizes.find(key);
                image != sizes.end() && !owned.contains({user, key}))
                shares[user].saved_bytes += image->second;
}

Shares shares_of(const cache::Layout& layout) {
    auto view = cache::view_catalogue(layout);
    cache::add_private(view.catalogue, layout);
    Shares shares;
    for (const auto& statistics : view.catalogue.statistics())
        shares[statistics.owner_uid].images = statistics;
    for (const auto& name : view.catalogue.names())
        ++shares[name.owner_uid].names;
    const auto images = view.catalogue.images();
    for (const auto& image : images)
        shares[image.owner_uid].pins += image.is_pinned ? 1 : 0;
    add_saved(layout, images, shares);
    shares[layout.owner()]; // even when all he has is in the trash
    for (auto& [owner, share] : shares) {
        share.images.owner_uid = owner;
        const cache::Layout own(layout.root(), static_cast<uid_t>(owner));
        add_trash(own, share);
        add_dead(own, share);
    }
    return shares;
}

std::string table_of(const Shares& shares) {
    std::vector<std::vector<std::string>> rows = {{"OWNER", "IMAGES", "SIZE", "DEAD", "SEGMENTS",
                                                   "UNIQUE", "REPEATED", "NAMES", "PINS", "TRASH",
                                                   "SAVED"}};
    for (const auto& [owner, share] : shares)
        rows.push_back({user_name(static_cast<uid_t>(owner)), std::to_string(share.images.images),
                        human_size(share.images.size_bytes), human_size(share.dead_bytes),
                        human_size(share.images.segment_bytes),
                        human_size(share.images.unique_segment_bytes),
                        human_size(share.repeated_bytes()), std::to_string(share.names),
                        std::to_string(share.pins), human_size(share.trash_bytes),
                        human_size(share.saved_bytes)});
    return format_table(rows);
}

std::string csv_of(const Shares& shares) {
    std::string text = "owner_uid,images,size_bytes,segment_bytes,unique_segment_bytes,"
                       "repeated_bytes,names,pins,trash_images,trash_bytes,dead_bytes,owner,"
                       "saved_bytes\n";
    for (const auto& [owner, share] : shares)
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", owner, share.images.images,
                            share.images.size_bytes, share.images.segment_bytes,
                            share.images.unique_segment_bytes, share.repeated_bytes(), share.names,
                            share.pins, share.trash_images, share.trash_bytes, share.dead_bytes,
                            user_name(static_cast<uid_t>(owner)), share.saved_bytes);
    return text;
}

nlohmann::json to_json(const Shares& shares) {
    auto owners = nlohmann::json::array();
    for (const auto& [owner, share] : shares)
        owners.push_back({{"owner_uid", owner},
                          {"owner", user_name(static_cast<uid_t>(owner))},
                          {"images", share.images.images},
                          {"size_bytes", share.images.size_bytes},
                          {"segment_bytes", share.images.segment_bytes},
                          {"unique_segment_bytes", share.images.unique_segment_bytes},
                          {"repeated_bytes", share.repeated_bytes()},
                          {"names", share.names},
                          {"pins", share.pins},
                          {"trash_images", share.trash_images},
                          {"trash_bytes", share.trash_bytes},
                          {"dead_bytes", share.dead_bytes},
                          {"saved_bytes", share.saved_bytes}});
    return {{"owners", owners}};
}

} // namespace

void Stats::describe(const Arguments& arguments) {
    arguments.description("show how much of what is in the store, for each owner");
    arguments.add_flag("--csv", csv_, "print comma-separated values");
    arguments.footer(
        R"(DEAD is what upper layers replaced or removed, and the files still hold so that other images can
take the layers whole; 'aic-image gc' cuts it out where it is more than 10 % of a file.
SEGMENTS is what the layers of all images take, UNIQUE what equal ones take if each is counted once,
and REPEATED the difference, which sharing saves where the file system can share blocks.
SAVED is the size of others' images that the user was given and so has no copy of.

Examples:
  aic-image stats
  aic-image stats --csv >> usage.csv)");
}

void Stats::run(Session& session) {
    const auto shares = shares_of(session.store().layout());
    if (session.json())
        return session.print_json(to_json(shares));
    session.print_bytes(csv_ ? csv_of(shares) : table_of(shares));
}

} // namespace aic::cli
