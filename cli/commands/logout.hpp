// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>

namespace aic::cli {

class Logout final : public Command {
public:
    const char* name() const override { return "logout"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    std::string registry_;
    std::string user_;
};

} // namespace aic::cli
