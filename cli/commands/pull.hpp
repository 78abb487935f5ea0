// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Pull final : public Command {
public:
    const char* name() const override { return "pull"; }

    void describe(CLI::App& app) override;
    void run(Session& session) override;

private:
    builder::ImportOptions import_options(Session& session) const;

    std::vector<std::string> references_;
    std::string output_;
    std::string compression_;
    std::string block_size_;
    std::string platform_;
    unsigned threads_ = 0;
    bool keep_ids_ = false;
};

} // namespace aic::cli
