// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/run/local_run.hpp"
#include "cli/command.hpp"
#include "cli/keeping.hpp"
#include "cli/run_argument.hpp"

#include <optional>
#include <string>
#include <vector>

namespace aic::cli {

class Run final : public Command {
public:
    const char* name() const override { return "run"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool takes_words() const override { return true; }

    void take_words(std::vector<std::string> words) override { words_ = std::move(words); }

private:
    run::RunRequest request_here(Session& session, const ImageArgument& image,
                                 const RunOptions& options) const;
    void run_here(Session& session, const ImageArgument& image, const RunOptions& options) const;
    void keep_here(Session& session, const ImageArgument& image, const RunOptions& options) const;
    void keep_in_slurm(Session& session, const ImageArgument& image,
                       const RunOptions& options) const;
    slurm::ContainerStep step_in_slurm(Session& session, const ImageArgument& image,
                                       const RunOptions& options) const;
    [[noreturn]] void run_in_slurm(Session& session, const std::filesystem::path& srun,
                                   const ImageArgument& image, const RunOptions& options) const;

    std::vector<std::string> words_;
    std::string shown_; ///< in the help; words are not parsed
    RunArgument options_;
    bool here_ = false;
    bool keep_ = false;
    bool in_allocation_ = false; ///< that was made for this
    bool as_before_ = false;     ///< as the script "srun.sh" did
};

} // namespace aic::cli
