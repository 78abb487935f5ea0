// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>

namespace aic::cli {

class Rename final : public Command {
public:
    const char* name() const override { return "rename"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    std::string from_;
    std::string to_;
};

} // namespace aic::cli
