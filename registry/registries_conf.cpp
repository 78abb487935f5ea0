// SPDX-License-Identifier: Apache-2.0
#include "registry/registries_conf.hpp"

#include "core/error.hpp"
#include "core/printable.hpp"

#include <toml++/toml.h>

#include <algorithm>

namespace aic::registry {

namespace {

toml::table parse_toml(std::string_view text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw Error(ErrorKind::usage, "line {}: {}", error.source().begin.line,
                    error.description());
    }
}

Error wrong(const toml::node& node, std::string_view what) {
    return Error(ErrorKind::usage, "line {}: {}", node.source().begin.line, what);
}

/// A setting of the wrong type is refused: a registry that is "blocked" in vain would be asked.
template <typename T>
T setting(const toml::table& table, const char* key, T fallback, const char* type) {
    const auto* node = table.get(key);
    if (!node)
        return fallback;
    if (const auto value = node->value_exact<T>())
        return *value;
    throw wrong(*node, fmt::format("'{}' is not {}", key, type));
}

std::string without_slash(std::string text) {
    while (text.ends_with('/'))
        text.pop_back();
    return text;
}

std::string place_setting(const toml::table& table, const char* key) {
    return without_slash(setting<std::string>(table, key, "", "a string"));
}

bool flag_setting(const toml::table& table, const char* key) {
    return setting<bool>(table, key, false, "true or false");
}

/// The tables of a [[list]].
std::vector<const toml::table*> tables_of(const toml::table& parent, const char* key) {
    std::vector<const toml::table*> tables;
    const auto* node = parent.get(key);
    if (!node)
        return tables;
    const auto* array = node->as_array();
    for (std::size_t i = 0; array && i < array->size(); ++i)
        tables.push_back((*array)[i].as_table());
    if (!array || std::ranges::count(tables, nullptr) > 0)
        throw wrong(*node, fmt::format("'{}' is no list of tables", key));
    return tables;
}

MirrorUse mirror_use(const toml::table& mirror, bool only_by_digest) {
    constexpr const char* k_key = "pull-from-mirror";
    const auto* node = mirror.get(k_key);
    const auto text = setting<std::string>(mirror, k_key, "", "a string");
    if (text.empty())
        return only_by_digest ? MirrorUse::by_digest : MirrorUse::always;
    if (only_by_digest)
        throw wrong(*node, "'pull-from-mirror' contradicts 'mirror-by-digest-only'");
    if (text == "all")
        return MirrorUse::always;
    if (text == "digest-only")
        return MirrorUse::by_digest;
    if (text == "tag-only")
        return MirrorUse::by_tag;
    throw wrong(*node, fmt::format("'pull-from-mirror' is '{}', and not all, digest-only or "
                                   "tag-only",
                                   printable(text)));
}

SiteRegistry::Mirror parse_mirror(const toml::table& table, bool only_by_digest) {
    SiteRegistry::Mirror mirror{.location = place_setting(table, "location"),
                                .insecure = flag_setting(table, "insecure"),
                                .use = mirror_use(table, only_by_digest)};
    if (mirror.location.empty())
        throw wrong(table, "a mirror has no location");
    return mirror;
}

SiteRegistry parse_registry(const toml::table& table) {
    SiteRegistry registry{.prefix = place_setting(table, "prefix"),
                          .location = place_setting(table, "location"),
                          .insecure = flag_setting(table, "insecure"),
                          .blocked = flag_setting(table, "blocked"),
                          .mirrors = {}};
    if (registry.prefix.empty())
        registry.prefix = registry.location;
    if (registry.prefix.empty())
        throw wrong(table, "a registry has neither prefix nor location");
    if (registry.location.empty() && !registry.is_wildcard())
        registry.location = registry.prefix;
    if (const auto* use = table.get("pull-from-mirror"))
        throw wrong(*use, "'pull-from-mirror' belongs to a mirror, and not to a registry");
    const bool only_by_digest = flag_setting(table, "mirror-by-digest-only");
    for (const auto* mirror : tables_of(table, "mirror"))
        registry.mirrors.push_back(parse_mirror(*mirror, only_by_digest));
    return registry;
}

/// The registries of [registries.KEY] in version 1.
std::vector<std::string> listed(const toml::table& parent, const char* key) {
    const auto* node = parent.get(key);
    if (!node)
        return {};
    const auto* table = node->as_table();
    const auto* list = table ? table->get("registries") : nullptr;
    const auto* array = list ? list->as_array() : nullptr;
    if (!table || (list && !array))
        throw wrong(*node, fmt::format("'registries.{}' has no list of registries", key));
    std::vector<std::string> names;
    for (std::size_t i = 0; array && i < array->size(); ++i) {
        const auto name = (*array)[i].value_exact<std::string>();
        if (!name || without_slash(*name).empty())
            throw wrong((*array)[i], "a registry is not a string");
        names.push_back(without_slash(*name));
    }
    return names;
}

std::vector<SiteRegistry> parse_version_1(const toml::node& node) {
    const auto* lists = node.as_table();
    if (!lists)
        throw wrong(node, "'registries' is no table");
    std::vector<SiteRegistry> registries;
    const auto named = [&](const std::string& name) -> SiteRegistry& {
        const auto found = std::ranges::find(registries, name, &SiteRegistry::prefix);
        return found != registries.end()
                   ? *found
                   : registries.emplace_back(SiteRegistry{.prefix = name, .location = name});
    };
    for (const auto& name : listed(*lists, "insecure"))
        named(name).insecure = true;
    for (const auto& name : listed(*lists, "block"))
        named(name).blocked = true;
    return registries;
}

} // namespace

std::vector<SiteRegistry> parse_registries_conf(std::string_view text) {
    const auto document = parse_toml(text);
    const auto tables = tables_of(document, "registry");
    if (const auto* version_1 = document.get("registries")) {
        if (!tables.empty())
            throw wrong(*version_1, "the versions 1 and 2 of the format are mixed");
        return parse_version_1(*version_1);
    }
    std::vector<SiteRegistry> registries;
    for (const auto* table : tables)
        registries.push_back(parse_registry(*table));
    return registries;
}

} // namespace aic::registry
