// SPDX-License-Identifier: Apache-2.0
#include "cli/compacting.hpp"

#include "builder/stored_tree.hpp"
#include "cli/table.hpp"
#include "core/bytes.hpp"
#include "core/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aic::cli {

namespace {

std::optional<Compacting> about(const cache::Store& store, const cache::Decision& decision,
                                const cache::EvictionOptions& eviction) {
    auto image = store.find(decision.image.id, decision.image.variant);
    if (!image)
        return std::nullopt;
    const auto dead_bytes = builder::dead_bytes_of(*image).value_or(0);
    const auto size_bytes = image->record.size_bytes;
    if (dead_bytes * 100 <= size_bytes * builder::k_min_dead_percent)
        return std::nullopt;
    const std::chrono::seconds idle(eviction.now_seconds - decision.image.active_seconds());
    return Compacting{std::move(*image), dead_bytes,
                      builder::choose_compaction(size_bytes, dead_bytes, idle, eviction.min_age),
                      std::nullopt};
}

/// What the file has less, or would have.
std::uint64_t saved_bytes(const Compacting& compacting) {
    const auto before = compacting.image.record.size_bytes;
    return compacting.new_size_bytes ? before - std::min(before, *compacting.new_size_bytes)
                                     : compacting.dead_bytes;
}

} // namespace

std::vector<Compacting> choose_compactions(const cache::Store& store,
                                           const std::vector<cache::Decision>& decisions,
                                           const cache::EvictionOptions& eviction) {
    std::vector<Compacting> compactings;
    for (const auto& decision : decisions) {
        if (decision.verdict != cache::Verdict::keep)
            continue;
        try {
            if (auto found = about(store, decision, eviction))
                compactings.push_back(std::move(*found));
        } catch (const Error& error) {
            warn("counting what is dead in {}: {}", decision.image.id.short_hex(), error.message());
        }
    }
    return compactings;
}

Compacting asked_compaction(const cache::StoredImage& image) {
    const auto dead_bytes = builder::dead_bytes_of(image);
    if (!dead_bytes)
        throw Error(ErrorKind::usage,
                    "'{}' was not made from layers here, and has nothing that could be cut out",
                    image.file().native());
    return {image,
            *dead_bytes,
            {*dead_bytes > 0, *dead_bytes > 0 ? "asked for" : "nothing of it is dead"},
            std::nullopt};
}

void compact_chosen(Session& session, const cache::Store& store,
                    std::vector<Compacting>& compactings) {
    for (auto& compacting : compactings) {
        if (!compacting.choice.compacts)
            continue;
        try {
            const auto smaller = builder::compact(store, compacting.image, session.stop());
            if (smaller)
                compacting.new_size_bytes = smaller->record.size_bytes;
            else
                compacting.choice = {false, "there is nothing to be cut out, or it is gone"};
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted)
                throw;
            warn("{}", error.message());
            session.fail(error.kind());
            compacting.choice = {false, "it failed"};
        }
    }
}

std::string table_of(const std::vector<Compacting>& compactings) {
    std::vector<std::vector<std::string>> rows = {{"COMPACT", "DEAD", "IMAGE", "ID", "REASON"}};
    for (const auto& [image, dead_bytes, choice, new_size_bytes] : compactings)
        rows.push_back({choice.compacts ? "yes" : "no", human_size(dead_bytes),
                        image.record.reference, image.record.id.short_hex(), choice.reason});
    return format_table(rows);
}

nlohmann::json to_json(const std::vector<Compacting>& compactings) {
    auto images = nlohmann::json::array();
    for (const auto& [image, dead_bytes, choice, new_size_bytes] : compactings)
        images.push_back({
            {"id", image.record.id.str()},
            {"variant", image.record.variant},
            {"path", image.file().native()},
            {"compact", choice.compacts},
            {"reason", choice.reason},
            {"dead_bytes", dead_bytes},
            {"size_bytes", image.record.size_bytes},
            {"new_size_bytes",
             new_size_bytes ? nlohmann::json(*new_size_bytes) : nlohmann::json(nullptr)},
        });
    return images;
}

std::string sum_line(const std::vector<Compacting>& compactings, bool is_dry_run) {
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    for (const auto& compacting : compactings)
        if (compacting.choice.compacts) {
            ++count;
            bytes += saved_bytes(compacting);
        }
    if (count == 0)
        return "";
    return fmt::format("{} {} image{}: {} less", is_dry_run ? "would compact" : "compacted", count,
                       count == 1 ? "" : "s", human_size(bytes));
}

} // namespace aic::cli
