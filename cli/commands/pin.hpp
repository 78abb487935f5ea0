// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>

namespace aic::cli {

class Pin final : public Command {
public:
    const char* name() const override { return "pin"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    std::string image_;
    std::string note_;
};

} // namespace aic::cli
