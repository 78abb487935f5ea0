// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include "cli/command_tree.hpp"
#include "core/version.hpp"

#include <fmt/format.h>

namespace aic::cli {

namespace {

/// Text as roff takes it: backslashes and dashes escaped, no line that begins like a request.
std::string roff(std::string_view text) {
    std::string out;
    bool at_line_start = true;
    for (const char c : text) {
        if (at_line_start && (c == '.' || c == '\''))
            out += "\\&";
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
        at_line_start = c == '\n';
    }
    return out;
}

std::string heading(const std::string& page, const std::string& summary) {
    return fmt::format(".TH {} 1 \"\" \"aic\\-image {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n",
                       roff(page), k_version, roff(page), roff(summary));
}

std::string option_entry(const CLI::Option& option) {
    auto names = option.get_name(false, true);
    if (option.get_items_expected_max() > 0 && !option.get_type_name().empty())
        names += " " + option.get_type_name();
    return fmt::format(".TP\n.B {}\n{}\n", roff(names), roff(option.get_description()));
}

std::string options_section(const CLI::App& app, const char* title) {
    std::string text = fmt::format(".SH {}\n", title);
    for (const auto* option : app.get_options())
        text += option_entry(*option);
    return text;
}

/// The footer: what it says, and its examples as they stand.
std::string notes(const CLI::App& app) {
    return fmt::format(".SH NOTES\n.nf\n{}\n.fi\n", roff(app.get_footer()));
}

std::string synopsis(const CLI::App& verb) {
    std::string text =
        fmt::format(".SH SYNOPSIS\n.B aic\\-image {}\n[OPTION...]", roff(verb.get_name()));
    for (const auto* option : verb.get_options())
        if (option->get_positional())
            text += fmt::format(" {}{}{}{}", option->get_required() ? "" : "[",
                                roff(option->get_type_name()),
                                option->get_items_expected_max() > 1 ? "..." : "",
                                option->get_required() ? "" : "]");
    return text + "\n";
}

std::string main_page(const CLI::App& app) {
    auto text = heading("aic-image", "images for Slurm clusters with enroot and pyxis");
    text += ".SH SYNOPSIS\n.B aic\\-image\n[OPTION...] COMMAND [ARGUMENT...]\n.SH DESCRIPTION\n"
            + roff(app.get_description()) + "\n.SH COMMANDS\n";
    for (const auto* verb : visible_verbs(app))
        text += fmt::format(".TP\n.BR aic\\-image\\-{} (1)\n{}\n", roff(verb->get_name()),
                            roff(verb->get_description()));
    return text + options_section(app, "OPTIONS") + notes(app);
}

} // namespace

std::vector<GeneratedText> manual_pages(const CLI::App& app) {
    std::vector<GeneratedText> pages = {{"aic-image.1", main_page(app)}};
    for (const auto* verb : visible_verbs(app)) {
        const auto name = "aic-image-" + verb->get_name();
        pages.push_back({name + ".1", heading(name, verb->get_description()) + synopsis(*verb)
                                          + options_section(*verb, "OPTIONS") + notes(*verb)
                                          + ".SH SEE ALSO\n.BR aic\\-image (1)\n"});
    }
    return pages;
}

} // namespace aic::cli
