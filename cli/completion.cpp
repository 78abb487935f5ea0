// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include "cli/command_tree.hpp"

#include <fmt/format.h>

namespace aic::cli {

namespace {

std::string option_words(const CLI::App& app) {
    std::string words;
    for (const auto* option : dashed_options(app))
        for (const auto& name : option->get_lnames())
            words += " --" + name;
    return words;
}

std::string verb_words(const CLI::App& app) {
    std::string words;
    for (const auto* verb : visible_verbs(app))
        words += (words.empty() ? "" : " ") + verb->get_name();
    return words;
}

/// Between single quotes, for any of the shells.
std::string quoted(std::string text) {
    std::string safe;
    for (const char c : text)
        safe += c == '\'' ? std::string("’") : std::string(1, c);
    return "'" + safe + "'";
}

std::string bash(const CLI::App& app) {
    std::string cases;
    for (const auto* verb : visible_verbs(app))
        cases += fmt::format("        {}) words=\"$words{}\" ;;\n", verb->get_name(),
                             option_words(*verb));
    return fmt::format(R"sh(# bash completion for aic-image
_aic_image() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} verb='' word words
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in -*) ;; *) verb=$word; break ;; esac
    done
    if [[ -z $verb && $current != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '{}' -- "$current")
        return
    fi
    words='{}'
    case $verb in
{}    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        return
    fi
    case $verb in
        inspect|path|files|cat|rm|pin|unpin|share|unshare)
            mapfile -t COMPREPLY < <(compgen -W "$(aic-image complete images 2>/dev/null)" -- "$current") ;;
        history|rename|restore)
            mapfile -t COMPREPLY < <(compgen -W "$(aic-image complete names 2>/dev/null)" -- "$current") ;;
    esac
    [[ ${{#COMPREPLY[@]}} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
}}
# References have colons, which readline takes for word breaks.
COMP_WORDBREAKS=${{COMP_WORDBREAKS//:}}
complete -o filenames -F _aic_image aic-image
)sh",
                       verb_words(app), option_words(app), cases);
}

std::string zsh(const CLI::App& app) {
    std::string verbs, cases;
    for (const auto* verb : visible_verbs(app)) {
        verbs += fmt::format("    {}\n", quoted(verb->get_name() + ":" + verb->get_description()));
        cases += fmt::format("    {}) compadd -- {} ;;\n", verb->get_name(), option_words(*verb));
    }
    return fmt::format(R"sh(#compdef aic-image
_aic_image() {{
  local -a verbs
  verbs=(
{}  )
  if (( CURRENT == 2 )); then
    _describe 'command' verbs
    return
  fi
  if [[ $words[CURRENT] == -* ]]; then
    compadd --{}
    case $words[2] in
{}    esac
    return
  fi
  case $words[2] in
    # Names come first, in the order they are printed in.
    inspect|path|files|cat|rm|pin|unpin|share|unshare) compadd -V images -- ${{(f)"$(aic-image complete images 2>/dev/null)"}} ;;
    history|rename|restore) compadd -- ${{(f)"$(aic-image complete names 2>/dev/null)"}} ;;
  esac
  _files
}}
_aic_image "$@"
)sh",
                       verbs, option_words(app), cases);
}

std::string fish(const CLI::App& app) {
    std::string text = "# fish completion for aic-image\n";
    for (const auto* verb : visible_verbs(app)) {
        text += fmt::format("complete -c aic-image -n __fish_use_subcommand -f -a {} -d {}\n",
                            verb->get_name(), quoted(verb->get_description()));
        for (const auto* option : dashed_options(*verb))
            for (const auto& name : option->get_lnames())
                text += fmt::format(
                    "complete -c aic-image -n '__fish_seen_subcommand_from {}' -l {} -d {}\n",
                    verb->get_name(), name, quoted(option->get_description()));
    }
    for (const auto* option : dashed_options(app))
        for (const auto& name : option->get_lnames())
            text += fmt::format("complete -c aic-image -l {} -d {}\n", name,
                                quoted(option->get_description()));
    text +=
        "complete -c aic-image -k -n '__fish_seen_subcommand_from inspect path files cat rm pin "
        "unpin' -a \"(aic-image complete images 2>/dev/null)\"\n"
        "complete -c aic-image -f -n '__fish_seen_subcommand_from history rename restore' "
        "-a \"(aic-image complete names 2>/dev/null)\"\n";
    return text;
}

} // namespace

std::vector<GeneratedText> completions(const CLI::App& app) {
    return {{"aic-image", bash(app)}, {"_aic-image", zsh(app)}, {"aic-image.fish", fish(app)}};
}

} // namespace aic::cli
