// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/seal.hpp"
#include "core/content_hash.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "oci/platform.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// How the files of a store are read and written; for sources only, so that JSON stays out of our
// headers.

namespace aic::cache {

/// Reads fields of a JSON object and names the one that is wrong.
class Fields {
public:
    explicit Fields(const nlohmann::json& object) : object_(object) {
        if (!object.is_object())
            throw Error(ErrorKind::integrity, "not a JSON object");
    }

    template <typename T>
    T get(const char* name) const {
        try {
            return object_.at(name).get<T>();
        } catch (const nlohmann::json::exception&) {
            throw Error(ErrorKind::integrity, "the field '{}' is missing or malformed", name);
        }
    }

    /// nlohmann would convert fractions, signs and what is too large without a word.
    template <typename T>
    T number(const char* name) const {
        const auto& value = at(name);
        if (value.is_number_unsigned() && std::in_range<T>(value.get<std::uint64_t>()))
            return value.get<T>();
        if (value.is_number_integer() && !value.is_number_unsigned()
            && std::in_range<T>(value.get<std::int64_t>()))
            return value.get<T>();
        throw Error(ErrorKind::integrity, "the field '{}' is no number of its range", name);
    }

    template <typename T>
    std::optional<T> number_if_there(const char* name) const {
        return at(name).is_null() ? std::nullopt : std::optional(number<T>(name));
    }

    oci::Platform platform(const char* name) const {
        const auto text = get<std::string>(name);
        try {
            return oci::Platform::parse(text);
        } catch (const Error& error) { // the words of an option, where a file is damaged
            throw Error(ErrorKind::integrity, "the field '{}': {}", name, error.message());
        }
    }

    /// The name of a file or directory beside others: planted text must not lead elsewhere.
    std::string file_name(const char* name) const {
        auto text = get<std::string>(name);
        if (text.empty() || text.front() == '.' || text.find('/') != std::string::npos
            || text.find('\0') != std::string::npos)
            throw Error(ErrorKind::integrity, "the field '{}' is no plain file name", name);
        return text;
    }

    std::optional<std::string> text_if_there(const char* name) const {
        return at(name).is_null() ? std::nullopt : std::optional(get<std::string>(name));
    }

    const nlohmann::json& at(const char* name) const {
        const auto found = object_.find(name);
        if (found == object_.end())
            throw Error(ErrorKind::integrity, "the field '{}' is missing", name);
        return *found;
    }

    template <typename D>
    D digest(const char* name) const {
        const auto text = get<std::string>(name);
        if (const auto digest = D::try_parse(text))
            return *digest;
        throw Error(ErrorKind::integrity, "the field '{}' is no digest", name);
    }

    template <typename D>
    std::optional<D> digest_if_there(const char* name) const {
        return at(name).is_null() ? std::nullopt : std::optional(digest<D>(name));
    }

    template <typename D>
    D hex(const char* name) const {
        if (const auto bytes = sha256_from_hex(get<std::string>(name)))
            return D(*bytes);
        throw Error(ErrorKind::integrity, "the field '{}' is no SHA-256", name);
    }

    ContentHash content_hash(const char* name) const {
        if (const auto hash = ContentHash::try_parse(get<std::string>(name)))
            return *hash;
        throw Error(ErrorKind::integrity, "the field '{}' is no XXH3-128", name);
    }

private:
    const nlohmann::json& object_;
};

/// The object of a file of ours whose "version" we know. Throws Error(integrity).
inline nlohmann::json parse_versioned(std::string_view text, int newest) {
    auto value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded())
        throw Error(ErrorKind::integrity, "not JSON");
    require_seal(text); // of whatever version, so that a flipped bit is not taken for a newer one
    const auto version = Fields(value).number<int>("version");
    if (version > newest)
        throw Error(ErrorKind::integrity, "version {} needs a newer aic-image", version);
    return value;
}

/// As our files have it, sealed; bytes that are not UTF-8 become U+FFFD.
inline std::string to_file_text(const nlohmann::json& value) {
    return sealed(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// Null for what is not there.
inline nlohmann::json text_or_null(const std::optional<std::string>& text) {
    return text ? nlohmann::json(*text) : nlohmann::json(nullptr);
}

inline nlohmann::json number_or_null(const std::optional<std::uint64_t>& number) {
    return number ? nlohmann::json(*number) : nlohmann::json(nullptr);
}

} // namespace aic::cache
