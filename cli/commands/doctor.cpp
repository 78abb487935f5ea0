// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor.hpp"

#include "cli/counted.hpp"
#include "cli/doctor/checks.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aic::cli {

namespace {

using doctor::Finding;
using doctor::Section;
using doctor::Verdict;

/// The store that is written to, then the others of the search path.
std::vector<std::filesystem::path> stores_of(const Config& config) {
    std::vector<std::filesystem::path> stores = {config.store.value};
    for (const auto& store : config.further_stores.value)
        if (std::ranges::find(stores, store) == stores.end())
            stores.push_back(store);
    return stores;
}

std::string text_of(const Section& section) {
    std::size_t width = 0;
    for (const auto& finding : section.findings)
        width = std::max(width, finding.subject.size());
    auto text = section.title + "\n";
    for (const auto& [verdict, subject, finding, mend] : section.findings) {
        text += fmt::format("  {:<7}  {:<{}}  {}\n", to_string(verdict), subject, width, finding);
        if (!mend.empty())
            text += fmt::format("  {:<7}  {:<{}}  mend: {}\n", "", "", width, mend);
    }
    return text;
}

nlohmann::json to_json(const Section& section) {
    auto findings = nlohmann::json::array();
    for (const auto& finding : section.findings)
        findings.push_back({{"verdict", to_string(finding.verdict)},
                            {"subject", finding.subject},
                            {"text", finding.text},
                            {"mend", finding.mend.empty() ? nlohmann::json(nullptr)
                                                          : nlohmann::json(finding.mend)}});
    return {{"title", section.title}, {"findings", findings}};
}

/// Says what is looked at as it is done: a file server or a registry may take its time.
class Report {
public:
    explicit Report(Session& session) : session_(session) {}

    void add(const Section& section) {
        for (const auto& finding : section.findings) {
            problems_ += finding.verdict == Verdict::problem ? 1 : 0;
            warnings_ += finding.verdict == Verdict::warning ? 1 : 0;
        }
        if (session_.json()) {
            sections_.push_back(to_json(section));
            return;
        }
        session_.print_bytes(text_of(section));
        session_.flush();
    }

    void finish() {
        if (session_.json())
            session_.print_json(
                {{"sections", sections_}, {"problems", problems_}, {"warnings", warnings_}});
        session_.say(
            fmt::format("{}, {}", counted(problems_, "problem"), counted(warnings_, "warning")));
        if (problems_ > 0)
            session_.fail(ErrorKind::system);
    }

private:
    Session& session_;
    nlohmann::json sections_ = nlohmann::json::array();
    std::size_t problems_ = 0;
    std::size_t warnings_ = 0;
};

/// Nothing can be looked at with settings that make no sense.
bool are_settings_usable(Session& session, Report& report) {
    try {
        report.add(doctor::check_settings(session.config()));
        return true;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::usage)
            throw;
        report.add({"settings",
                    {doctor::problem("settings", error.message(),
                                     "correct that line; nothing else "
                                     "is looked at before")}});
        return false;
    }
}

} // namespace

void Doctor::describe(const Arguments& arguments) {
    arguments.description("look for what keeps stores, jobs and registries from working well");
    arguments.add_option("registry", registries_, "ask these registries and no others")
        .type_name("REGISTRY");
    arguments.footer(
        R"(Each line is ok, a warning (it works, but not as well as it could) or a problem, with what mends it.
Nothing is changed: in the store a file is made and taken away again. With --offline no registry is
asked. Without REGISTRY those are asked that images came from or that there are credentials for. The
exit status is 1 where there is a problem.

Examples:
  aic-image doctor
  aic-image doctor --store /data/aic-image registry.lab:5000
  srun aic-image doctor --offline
  aic-image doctor --json)");
}

void Doctor::run(Session& session) {
    Report report(session);
    if (are_settings_usable(session, report)) {
        const auto& config = session.config();
        for (const auto& store : stores_of(config))
            report.add(doctor::check_store(config, store));
        report.add(doctor::check_spool(config));
        report.add(doctor::check_machine(config, session.stop()));
        report.add(doctor::check_cluster(session.environment(), session.stop()));
        if (!session.offline())
            report.add(doctor::check_registries(config, session.environment(), registries_,
                                                session.stop()));
    }
    report.finish();
}

} // namespace aic::cli
