// SPDX-License-Identifier: Apache-2.0
#include "oci/json.hpp"

#include "core/error.hpp"
#include "oci/printable.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <set>

namespace aic::oci {

using nlohmann::json;

namespace {

constexpr int k_max_depth = 64; // what Docker and OCI define needs 6

/// Watches a parse for what the parser itself lets pass.
class ParseWatch {
public:
    bool operator()(int depth, json::parse_event_t event, json& parsed) {
        if (depth > k_max_depth)
            throw Error(ErrorKind::integrity, "the JSON is nested deeper than {} levels",
                        k_max_depth);
        if (event == json::parse_event_t::object_start)
            open_objects_.emplace_back();
        else if (event == json::parse_event_t::object_end)
            open_objects_.pop_back();
        else if (event == json::parse_event_t::key)
            remember(parsed.get_ref<const std::string&>());
        return true;
    }

private:
    void remember(const std::string& key) {
        if (!open_objects_.back().insert(key).second)
            throw Error(ErrorKind::integrity, "the field '{}' is there twice", printable(key));
    }

    std::vector<std::set<std::string>> open_objects_;
};

Error wrong_type(const char* name, std::string_view expected) {
    return Error(ErrorKind::integrity, "the field '{}' is not {}", name, expected);
}

const json& required(const json& object, const char* name) {
    if (const auto* field = find_field(object, name))
        return *field;
    throw Error(ErrorKind::integrity, "the field '{}' is missing", name);
}

} // namespace

json parse_json(std::string_view text) {
    ParseWatch watch;
    try {
        return json::parse(text, std::ref(watch));
    } catch (const json::parse_error& error) {
        throw Error(ErrorKind::integrity, "not JSON (at byte {})", error.byte);
    } catch (const json::exception&) {
        throw Error(ErrorKind::integrity, "the JSON holds a number that is out of range");
    }
}

const json* find_field(const json& object, const char* name) {
    if (!object.is_object())
        throw Error(ErrorKind::integrity, "no JSON object where the field '{}' is expected", name);
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

const json& required_object(const json& object, const char* name) {
    const auto& field = required(object, name);
    if (!field.is_object())
        throw wrong_type(name, "an object");
    return field;
}

const json& required_array(const json& object, const char* name) {
    const auto& field = required(object, name);
    if (!field.is_array())
        throw wrong_type(name, "an array");
    return field;
}

std::string as_string(const json& value, const char* name) {
    if (!value.is_string())
        throw wrong_type(name, "a string");
    auto text = value.get<std::string>();
    if (text.find('\0') != std::string::npos)
        throw Error(ErrorKind::integrity, "the field '{}' holds a NUL character", name);
    return text;
}

std::string string_field(const json& object, const char* name) {
    const auto* field = find_field(object, name);
    return field ? as_string(*field, name) : std::string();
}

std::string required_string(const json& object, const char* name) {
    return as_string(required(object, name), name);
}

std::uint64_t required_size(const json& object, const char* name) {
    const auto& field = required(object, name);
    constexpr std::uint64_t k_largest = std::numeric_limits<std::int64_t>::max();
    if (!field.is_number_unsigned() || field.get<std::uint64_t>() > k_largest)
        throw wrong_type(name, "a size in bytes");
    return field.get<std::uint64_t>();
}

std::vector<std::string> strings_field(const json& object, const char* name) {
    std::vector<std::string> strings;
    const auto* field = find_field(object, name);
    if (!field)
        return strings;
    if (!field->is_array())
        throw wrong_type(name, "a list of strings");
    for (const auto& element : *field)
        strings.push_back(as_string(element, name));
    return strings;
}

} // namespace aic::oci
