// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/verifier.hpp"
#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Verify final : public Command {
public:
    const char* name() const override { return "verify"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return repair_; }

private:
    cache::VerifyOptions verify_options(Session& session) const;
    void rebuild(Session& session) const;

    std::vector<std::string> images_;
    bool quick_ = false;
    bool repair_ = false;
    bool no_fetch_ = false;
    bool rebuild_ = false;
};

} // namespace aic::cli
