// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/library.hpp"
#include "cli/command.hpp"

#include <string>

namespace aic::cli {

class History final : public Command {
public:
    const char* name() const override { return "history"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    void show_image(Session& session, const cache::Library& library) const;

    std::string word_;
};

} // namespace aic::cli
