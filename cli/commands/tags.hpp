// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>

namespace aic::cli {

class Tags final : public Command {
public:
    const char* name() const override { return "tags"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    std::string repository_, pattern_;
};

} // namespace aic::cli
