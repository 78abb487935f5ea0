// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>

namespace aic::cli {

class Adopt final : public Command {
public:
    const char* name() const override { return "adopt"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    std::string user_;
};

} // namespace aic::cli
