// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace aic::testing {

/// A user and group that have nothing to do with the caller; neither needs to be known to the
/// machine.
inline constexpr uid_t k_alice = 61001;
inline constexpr uid_t k_bob = 61002;
inline constexpr gid_t k_lab = 61500;

/// Lets the test act as another user while this lives; only root can.
class AsUser {
public:
    explicit AsUser(uid_t user, gid_t group = k_lab) {
        if (::setegid(group) != 0 || ::seteuid(user) != 0)
            throw system_error("becoming the user {}", user);
    }

    AsUser(const AsUser&) = delete;
    AsUser& operator=(const AsUser&) = delete;

    ~AsUser() {
        if (::seteuid(::getuid()) != 0 || ::setegid(::getgid()) != 0)
            ::_exit(1); // nothing may go on as the wrong user
    }
};

} // namespace aic::testing

/// In a test's body or SetUp(): nothing of it can be seen without several users.
#define AIC_REQUIRE_ROOT()                                                                         \
    if (::geteuid() != 0)                                                                          \
    GTEST_SKIP() << "root is missing, who alone can act as several users"
