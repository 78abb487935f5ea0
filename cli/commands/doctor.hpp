// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Doctor final : public Command {
public:
    const char* name() const override { return "doctor"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    std::vector<std::string> registries_;
};

} // namespace aic::cli
