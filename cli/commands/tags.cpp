// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/tags.hpp"

#include "core/error.hpp"
#include "core/printable.hpp"
#include "oci/reference.hpp"
#include "registry/tag_list.hpp"
#include "registry/tag_pattern.hpp"
#include "registry/version_order.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace aic::cli {

namespace {

oci::RegistryReference parse_repository(const std::string& text) {
    const auto reference = oci::Reference::parse(text);
    const auto* image = reference.registry();
    if (!image)
        throw Error(ErrorKind::usage, "'{}' is no repository in a registry", printable(text));
    const bool has_tag = image->tag && (*image->tag != "latest" || text.ends_with(":latest"));
    if (image->digest || has_tag)
        throw Error(ErrorKind::usage, "'{}' is one image, and not a repository", printable(text))
            .with_hint(fmt::format("leave out what follows '{}'; a pattern is a word of its own",
                                   printable(image->repository)));
    return *image;
}

std::string name_of(const oci::RegistryReference& repository) {
    return fmt::format("{}/{}", repository.registry, repository.repository);
}

} // namespace

void Tags::describe(const Arguments& arguments) {
    arguments.description("list the tags of a repository, the newest version last");
    arguments.add_option("repository", repository_, "nvcr.io#nvidia/tensorflow, ubuntu")
        .required()
        .type_name("REPOSITORY");
    arguments.add_option("pattern", pattern_, "only tags that fit this glob").type_name("PATTERN");
    arguments.footer(
        R"(Numbers in tags count as numbers (1.9 before 1.10), and what comes before a release (dev, alpha,
beta, rc) is older than it. Tags that begin with a word ("latest") come first.

Examples:
  aic-image tags ubuntu
  aic-image tags nvcr.io#nvidia/tensorflow '*-tf2-py3'
  aic-image tags python '3.*-slim' | tail -1)");
}

void Tags::run(Session& session) {
    // In the place of a tag, as pull takes it, or as a word of its own.
    const auto in_place =
        pattern_.empty() ? registry::split_tag_pattern(repository_) : std::nullopt;
    const auto repository = parse_repository(in_place ? in_place->repository : repository_);
    const auto& pattern = in_place ? in_place->pattern : pattern_;
    session.require_network(name());
    auto [tags, from] =
        registry::list_tags(repository, session.config(), session.environment(), session.stop());
    const auto count = tags.size();
    if (!pattern.empty())
        std::erase_if(tags, [&](const std::string& tag) {
            return ::fnmatch(pattern.c_str(), tag.c_str(), 0) != 0;
        });
    if (tags.empty() && count > 0)
        throw Error(ErrorKind::not_found, "none of the {} tags of {} fits '{}'", count,
                    name_of(repository), printable(pattern));
    registry::sort_by_version(tags);
    if (session.json())
        return session.print_json(
            {{"repository", name_of(repository)}, {"from", from}, {"tags", tags}});
    for (const auto& tag : tags)
        session.print(printable(tag));
}

} // namespace aic::cli
