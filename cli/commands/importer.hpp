// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "cli/command.hpp"
#include "slurm/importer_uri.hpp"

#include <string>

namespace aic::cli {

/// `importer get URI` and `importer release`, as pyxis calls them on a node.
class Importer final : public Command {
public:
    const char* name() const override { return "importer"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return has_imported_; }

private:
    void get(Session& session);
    cache::StoredImage find(Session& session, const slurm::ImporterUri& uri);
    cache::StoredImage find_or_pull(Session& session, const oci::Reference& reference);
    cache::StoredImage pull(Session& session, const oci::Reference& reference);

    std::string action_;
    std::string uri_;
    bool has_imported_ = false;
};

} // namespace aic::cli
