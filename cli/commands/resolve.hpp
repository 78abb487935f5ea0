// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>

namespace aic::cli {

class Resolve final : public Command {
public:
    const char* name() const override { return "resolve"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    std::string reference_, platform_;
};

} // namespace aic::cli
