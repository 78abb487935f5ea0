// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Generate final : public Command {
public:
    const char* name() const override { return "generate"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    std::string what_;
    std::string directory_;
};

} // namespace aic::cli
