// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace aic {

/// What a caller can act on. Each kind is one exit status; never renumber, since scripts rely
/// on it.
enum class ErrorKind {
    system = 1,
    usage = 2,
    not_found = 3,
    denied = 4,
    network = 5,
    integrity = 6,
    busy = 7,
    no_space = 8,
    no_platform = 9,
    interrupted = 130,
};

/// The word used for a kind in JSON output: "not_found", "no_space", …
std::string_view name_of(ErrorKind kind);

/// A failure: a kind to act on, a sentence that grows leftward as it climbs, and perhaps a hint
/// that says what the user can do next. Messages never hold a secret.
class Error : public std::exception {
public:
    explicit Error(ErrorKind kind, std::string message)
        : kind_(kind)
        , message_(std::move(message)) {}

    template <typename... Args>

    requires(sizeof...(Args) > 0)
        Error(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args)
        : Error(kind, fmt::format(format, std::forward<Args>(args)...)) {}

    ErrorKind kind() const { return kind_; }

    const std::string& message() const { return message_; }

    const std::string& hint() const { return hint_; }

    /// The errno value that it was made from; 0 when there was none.
    int error_number() const { return error_number_; }

    const char* what() const noexcept override { return message_.c_str(); }

    /// The same error with "context: " in front.
    Error within(std::string_view context) const;
    Error with_hint(std::string hint) const;

private:
    friend Error error_from_errno(int error_number, std::string_view what);

    ErrorKind kind_;
    std::string message_;
    std::string hint_;
    int error_number_ = 0;
};

/// The kind that an errno value stands for: ENOENT is not_found, ENOSPC and EDQUOT no_space, …
ErrorKind kind_of_errno(int error_number);

/// An Error from an explicit errno value: "<what>: <strerror>".
Error error_from_errno(int error_number, std::string_view what);

/// An Error from errno, which is read before anything else runs.
template <typename... Args>
Error system_error(fmt::format_string<Args...> format, Args&&... args) {
    const int error_number = errno;
    return error_from_errno(error_number, fmt::format(format, std::forward<Args>(args)...));
}

/// Runs `body`; an Error that leaves it carries "context: " in front. `context` is a string, or a
/// function making one that is called only on failure.
template <typename Context, typename Body>
std::invoke_result_t<Body> in_context(const Context& context, Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (const Error& error) {
        if constexpr (std::is_invocable_v<Context>)
            throw error.within(context());
        else
            throw error.within(context);
    }
}

} // namespace aic
