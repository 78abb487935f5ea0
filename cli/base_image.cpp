// SPDX-License-Identifier: Apache-2.0
#include "cli/base_image.hpp"

#include "cli/image_argument.hpp"
#include "cli/progress_display.hpp"
#include "cli/reference_argument.hpp"
#include "core/error.hpp"
#include "registry/tag_pattern.hpp"

namespace aic::cli {

namespace {

/// Nothing when the word stands for no image that is here.
std::optional<cache::StoredImage> find_here(Session& session, const std::string& text) {
    const auto library = session.library();
    try {
        auto image = find_image(library, text, home_directory(session.environment()));
        if (!image.stored)
            throw Error(ErrorKind::usage, "'{}' is in no store", image.file.native())
                .with_hint("take it over first: aic-image add FILE");
        return std::move(image.stored);
    } catch (const Error& error) {
        const bool is_id = text.starts_with("sha256:");
        if (error.kind() == ErrorKind::not_found && !is_id && canonical_reference(text))
            return std::nullopt;
        throw;
    }
}

cache::StoredImage pull(Session& session, const std::string& text,
                        const builder::ImportOptions& options) {
    const auto reference = choose_reference(text, session);
    auto how = options;
    if (session.offline())
        how.freshness = builder::Freshness::as_known;
    Progress progress;
    ProgressDisplay display(progress, session);
    const builder::ImportObserver observer{
        .progress = &progress,
        .planned =
            [&](const builder::ImportPlan& plan) {
                display.announce(fmt::format("pulling {}: {} in {} layers", plan.reference,
                                             human_size(plan.total_bytes), plan.layer_count));
            },
    };
    const auto result = builder::import_image(reference, session.config(), session.environment(),
                                              how, observer, session.stop());
    return {result.record, result.file.parent_path()};
}

/// What may have been meant by a word that says no registry and no tag.
std::optional<std::string> misspelt(Session& session, const std::string& word, const Error& error) {
    const bool may_be =
        word.find_first_of("#:@") == std::string::npos
        && (error.kind() == ErrorKind::network || error.kind() == ErrorKind::not_found
            || error.kind() == ErrorKind::denied);
    try {
        const auto close = may_be ? nearest_known(session.library(), word) : std::nullopt;
        return close ? std::optional(fmt::format("did you mean '{}', which is here", *close))
                     : std::nullopt;
    } catch (const Error&) {
        return std::nullopt; // the other error says more
    }
}

/// Of a tag with a '*' in it: which is the newest is asked in any case.
std::string settled(Session& session, const std::string& text) {
    const bool is_pattern = registry::split_tag_pattern(text).has_value();
    return is_pattern ? choose_reference(text, session).str() : text;
}

} // namespace

std::optional<cache::StoredImage> base_image_here(Session& session, const std::string& text) {
    return find_here(session, settled(session, text));
}

cache::StoredImage base_image(Session& session, const std::string& text,
                              const builder::ImportOptions& options, Lookup lookup) {
    const auto word = settled(session, text);
    if (lookup == Lookup::if_missing)
        if (auto image = find_here(session, word))
            return std::move(*image);
    try {
        return pull(session, word, options);
    } catch (const Error& error) {
        const auto close = misspelt(session, word, error);
        if (!close)
            throw;
        throw Error(error).with_hint(error.hint().empty() ? *close
                                                          : *close + "; else: " + error.hint());
    }
}

} // namespace aic::cli
