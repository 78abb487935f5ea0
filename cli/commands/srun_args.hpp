// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "cli/run_argument.hpp"

#include <string>

namespace aic::cli {

class SrunArgs final : public Command {
public:
    const char* name() const override { return "srun-args"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    RunArgument options_;
    std::string image_;
    bool print_env_ = false;
};

} // namespace aic::cli
