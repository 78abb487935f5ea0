// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "cli/set_up_argument.hpp"

#include <string>

namespace aic::cli {

/// `store upgrade`.
class StoreCommand final : public Command {
public:
    const char* name() const override { return "store"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    std::string action_;
    SetUpArgument set_up_;
};

} // namespace aic::cli
