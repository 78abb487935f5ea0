// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "registry/credentials.hpp"

#include <string>

namespace aic::cli {

class Login final : public Command {
public:
    const char* name() const override { return "login"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    void list(Session& session) const;
    registry::Credentials credentials(const std::string& registry, const std::string& user,
                                      Session& session) const;

    std::string registry_;
    std::string user_;
    bool password_stdin_ = false;
    bool list_ = false;
};

} // namespace aic::cli
