// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/sandbox/plan.hpp"

namespace aic::sandbox {

/// What a script may not do though it is root inside: takes the capabilities away that a container
/// has no use for, forbids new privileges, and limits how many processes a step may have. For good,
/// and for all that this process starts.
void confine(Purpose purpose);

/// Lets changes of owner and of user, and the making of devices, succeed without doing anything:
/// only one user is there inside, and package managers insist. After confine().
void pretend_to_have_users();

} // namespace aic::sandbox
