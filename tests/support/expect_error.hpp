// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

namespace aic::testing {

/// The Error that `body` throws; nothing when it throws none.
inline std::optional<Error> error_thrown_by(const std::function<void()>& body) {
    try {
        body();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

/// Whether it is an error of this kind whose message contains `text`.
inline ::testing::AssertionResult is_error(const std::optional<Error>& error, ErrorKind kind,
                                           std::string_view text = "") {
    if (!error)
        return ::testing::AssertionFailure() << "no error was thrown";
    if (error->kind() != kind || error->message().find(text) == std::string::npos)
        return ::testing::AssertionFailure()
               << "the error is of kind " << name_of(error->kind()) << ": " << error->message();
    return ::testing::AssertionSuccess();
}

} // namespace aic::testing

/// `expression` throws an aic::Error of this kind.
#define EXPECT_ERROR(expected_kind, ...) EXPECT_ERROR_SAYING(expected_kind, "", __VA_ARGS__)

/// The same, and its message contains this text.
#define EXPECT_ERROR_SAYING(expected_kind, text, ...)                                              \
    EXPECT_TRUE(::aic::testing::is_error(                                                          \
        ::aic::testing::error_thrown_by([&] { static_cast<void>(__VA_ARGS__); }), expected_kind,   \
        text))
