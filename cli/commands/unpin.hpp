// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>

namespace aic::cli {

class Unpin final : public Command {
public:
    const char* name() const override { return "unpin"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    std::string image_;
};

} // namespace aic::cli
