// SPDX-License-Identifier: Apache-2.0
#include "slurm/options.hpp"

#include <algorithm>
#include <array>

namespace aic::slurm {

namespace {

struct Option {
    std::string_view name;
    char letter = 0;
    bool has_value = false; ///< that may be the next word
};

constexpr std::array<Option, 28> k_sruns_alone = {{
    {"accel-bind", 0, true},
    {"cpu-bind", 0, true},
    {"cpu_bind", 0, true},
    {"msg-timeout", 0, true},
    {"bcast", 0, false},
    {"bcast-exclude", 0, true},
    {"compress", 0, false},
    {"disable-status", 'X', false},
    {"epilog", 0, true},
    {"exact", 0, false},
    {"het-group", 0, true},
    {"kill-on-bad-exit", 'K', false},
    {"label", 'l', false},
    {"mpi", 0, true},
    {"multi-prog", 0, false},
    {"overlap", 0, false},
    {"preserve-env", 'E', false},
    {"prolog", 0, true},
    {"pty", 0, false},
    {"quit-on-interrupt", 0, false},
    {"relative", 'r', true},
    {"resv-ports", 0, false},
    {"send-libs", 0, false},
    {"slurmd-debug", 0, true},
    {"task-epilog", 0, true},
    {"task-prolog", 0, true},
    {"threads", 'T', true},
    {"unbuffered", 'u', false},
}};

/// Which sbatch knows too, or takes for something else, and salloc does not.
constexpr std::array<Option, 7> k_not_sallocs = {{
    {"error", 'e', true},
    {"export", 0, true},
    {"input", 'i', true},
    {"open-mode", 0, true},
    {"output", 'o', true},
    {"propagate", 0, false},
    {"wait", 'W', true},
}};

bool is_meant(const Option& option, std::string_view word) {
    if (word.starts_with("--"))
        return word.substr(2, word.find('=') - 2) == option.name;
    return option.letter != 0 && word.size() > 1 && word[0] == '-' && word[1] == option.letter;
}

/// Nothing where it is the job's.
const Option* find_steps(std::string_view word, JobMaker maker) {
    for (const auto& option : k_sruns_alone)
        if (is_meant(option, word))
            return &option;
    if (maker == JobMaker::salloc)
        for (const auto& option : k_not_sallocs)
            if (is_meant(option, word))
                return &option;
    return nullptr;
}

/// "--mpi" and "-r", which the next word belongs to, and not "--mpi=x" and "-r1".
bool lacks_value(const Option& option, std::string_view word) {
    return option.has_value
           && (word.starts_with("--") ? word.find('=') == std::string_view::npos
                                      : word.size() == 2);
}

/// "-W 30": how long srun waits for the other tasks. To sbatch "-W" is something else, and no
/// number follows it.
bool is_sruns_wait(const std::vector<std::string>& words, std::size_t i) {
    constexpr Option k_wait{"wait", 'W', true};
    if (!is_meant(k_wait, words[i]))
        return false;
    if (!lacks_value(k_wait, words[i]))
        return true;
    return i + 1 < words.size() && !words[i + 1].empty()
           && words[i + 1].find_first_not_of("0123456789") == std::string::npos;
}

} // namespace

std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    for (std::size_t start = 0; start <= list.size();) {
        const auto end = std::min(list.find(',', start), list.size());
        if (end > start)
            names.emplace_back(list.substr(start, end - start));
        start = end + 1;
    }
    return names;
}

std::optional<std::string> value_in(const std::vector<std::string>& words, char letter,
                                    std::string_view name) {
    const Option option{name, letter, true};
    std::optional<std::string> value;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        if (!is_meant(option, word))
            continue;
        if (!lacks_value(option, word))
            value = word.substr(word.starts_with("--") ? name.size() + 3 : 2);
        else if (i + 1 < words.size())
            value = words[++i];
    }
    return value;
}

std::vector<std::string> partitions_in(const std::vector<std::string>& words) {
    return names_in(value_in(words, 'p', "partition").value_or(""));
}

bool asks_for_gpus(const std::vector<std::string>& words) {
    return std::ranges::any_of(
        words, [](const std::string& word) { return word.find("gpu") != std::string::npos; });
}

DividedWords divide(const std::vector<std::string>& words, JobMaker maker) {
    DividedWords divided;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto* option =
            find_steps(words[i], is_sruns_wait(words, i) ? JobMaker::salloc : maker);
        auto& side = option ? divided.step : divided.job;
        side.push_back(words[i]);
        if (option && lacks_value(*option, words[i]) && i + 1 < words.size())
            side.push_back(words[++i]);
    }
    return divided;
}

} // namespace aic::slurm
