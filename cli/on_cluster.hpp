// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.hpp"
#include "cli/session.hpp"

namespace aic::cli {

/// Of commands whose work may be a job of Slurm's, so that login nodes stay free.
class OnCluster {
public:
    void describe(const Arguments& arguments);

    /// Where the work is to be a job, the same command line is run on a node, and this process's
    /// exit status will be its; else false. `verb` is the command's name, `setting` what the
    /// settings say. Work that only this machine can do is none. Throws Error(not_found) when there
    /// is no Slurm.
    bool run_as_job(Session& session, const std::string& verb, bool setting,
                    bool needs_this_machine = false) const;

private:
    bool on_cluster_ = false;
    bool here_ = false;
};

/// The command line of srun for it: `words` are our own line. Pure.
std::vector<std::string> job_line(const std::string& verb, std::vector<std::string> words,
                                  const std::vector<std::string>& options, bool has_terminal);

} // namespace aic::cli
