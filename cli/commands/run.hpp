// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "cli/image_argument.hpp"
#include "slurm/srun_line.hpp"

#include <optional>
#include <string>
#include <vector>

namespace aic::cli {

class Run final : public Command {
public:
    const char* name() const override { return "run"; }

    void describe(CLI::App& app) override;
    void run(Session& session) override;

    bool takes_words() const override { return true; }

    void take_words(std::vector<std::string> words) override { words_ = std::move(words); }

private:
    /// What the words say: an image and a command, or only a command in the directory's image.
    struct Words {
        std::optional<std::string> image;
        std::vector<std::string> command;
    };

    Words words(Session& session) const;
    ImageArgument image(Session& session, const std::optional<std::string>& word) const;
    std::vector<std::string> variables(Session& session) const;
    std::vector<slurm::ContainerMount> mounts() const;
    void run_here(Session& session, const ImageArgument& image,
                  const std::vector<std::string>& command) const;
    [[noreturn]] void run_in_slurm(Session& session, const ImageArgument& image,
                                   const std::vector<std::string>& command) const;

    std::vector<std::string> words_;
    std::string shown_; ///< in the help; words are not parsed
    std::string gpus_, nodes_, tasks_, container_name_, slurm_, working_directory_;
    std::vector<std::string> mounts_, env_;
    bool home_ = false;
    bool root_ = false;
    bool writable_ = false;
    bool here_ = false;
};

} // namespace aic::cli
