// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "cli/set_up_argument.hpp"

namespace aic::cli {

class Init final : public Command {
public:
    const char* name() const override { return "init"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    SetUpArgument set_up_;
};

} // namespace aic::cli
