// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace aic::cli {

class Stats final : public Command {
public:
    const char* name() const override { return "stats"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    bool csv_ = false;
};

} // namespace aic::cli
