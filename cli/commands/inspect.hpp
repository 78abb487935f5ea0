// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Inspect final : public Command {
public:
    const char* name() const override { return "inspect"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    std::string image_;
};

} // namespace aic::cli
