// SPDX-License-Identifier: Apache-2.0
#include "registry/answer_error.hpp"

#include "oci/json.hpp"
#include "oci/printable.hpp"
#include "registry/rate_limit.hpp"

#include <nlohmann/json.hpp>

namespace aic::registry {

namespace {

/// The first message of the distribution-spec's error body, else of what Docker Hub and token
/// servers send.
std::string json_message(const nlohmann::json& document) {
    for (const char* name : {"errors", "details", "message", "error_description", "error"}) {
        const auto* field = oci::find_field(document, name);
        if (!field)
            continue;
        if (field->is_string())
            return oci::as_string(*field, name);
        if (!field->is_array() || field->empty() || !field->front().is_object())
            continue;
        const auto& first = field->front();
        auto message = oci::string_field(first, "message");
        return message.empty() ? oci::string_field(first, "code") : message;
    }
    return {};
}

std::string first_line(std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    text.remove_prefix(begin);
    return std::string(text.substr(0, text.find_first_of("\r\n")));
}

ErrorKind kind_of_status(int status) {
    switch (status) {
    case 401:
    case 403:
        return ErrorKind::denied;
    case 404:
        return ErrorKind::not_found;
    case 429:
        return ErrorKind::busy;
    default:
        return ErrorKind::network;
    }
}

std::string_view meaning_of(int status) {
    switch (status) {
    case 401:
    case 403:
        return "refuses access";
    case 404:
        return "has no such thing";
    case 429:
        return "asks to wait, too many requests";
    default:
        return status >= 500 ? "is in trouble" : "answers unexpectedly";
    }
}

} // namespace

std::string server_text(const Answer& answer) {
    if (answer.is_web_page())
        return {};
    std::string text;
    try {
        text = json_message(oci::parse_json(answer.body));
    } catch (const Error&) {
        text = first_line(answer.body);
    }
    return oci::printable(text, 300);
}

/// What a user can do whom a registry asks to wait.
static std::string waiting_hint(const Answer& answer) {
    const auto limit = rate_limit_of(answer);
    const auto quota = limit ? "; " + limit->str() : std::string();
    const auto wait = answer.header("Retry-After");
    if (!wait)
        return "try again later, or log in: the limit may be shared by all who do not" + quota;
    const bool is_seconds = wait->find_first_not_of("0123456789") == std::string::npos;
    return fmt::format("it asks to try again {} {}{}{}", is_seconds ? "in" : "after",
                       oci::printable(*wait, 60), is_seconds ? " s" : "", quota);
}

/// Amazon's registry answers an expired token so, without a challenge.
static bool is_expired_amazon_token(const Answer& answer) {
    return answer.status == 400 && answer.url.host().find(".dkr.ecr.") != std::string::npos
           && !answer.header("WWW-Authenticate");
}

Error error_of(const Answer& answer) {
    const auto text = server_text(answer);
    const bool is_expired = is_expired_amazon_token(answer);
    const Error error(is_expired ? ErrorKind::denied : kind_of_status(answer.status),
                      "{} {} ({}){}{}", answer.url.name(),
                      is_expired ? "takes no expired token" : meaning_of(answer.status),
                      answer.status, text.empty() ? "" : ": ", text);
    if (answer.status == 429)
        return error.with_hint(waiting_hint(answer));
    if (is_expired)
        return error.with_hint("a token of Amazon's registry lives for twelve hours: get a new one "
                               "from 'aws ecr get-login-password'");
    if (text.find("HTTP request to an HTTPS server") != std::string::npos)
        return error.with_hint(
            fmt::format("it speaks TLS: put the certificate to trust into certs.d/{}/ca.crt, below "
                        "~/.config/containers or /etc/containers",
                        answer.url.name()));
    return error;
}

Error not_a_registry(const Answer& answer) {
    return Error(ErrorKind::network,
                 "{} answers with a web page: not a registry, or a proxy's login page?",
                 answer.url.name());
}

} // namespace aic::registry
