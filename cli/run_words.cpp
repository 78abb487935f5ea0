// SPDX-License-Identifier: Apache-2.0
#include "cli/run_words.hpp"

#include "cli/image_argument.hpp"
#include "core/error.hpp"

#include <unistd.h>

#include <algorithm>

namespace fs = std::filesystem;

namespace aic::cli {

namespace {

/// As many of an id as lists show; fewer may be a program.
constexpr std::size_t k_sure_digits = 12;

} // namespace

const std::vector<std::string>& default_shell() {
    static const std::vector<std::string> k_shell = {
        "/bin/sh", "-c", "command -v bash > /dev/null && exec bash; exec sh"};
    return k_shell;
}

bool is_image_word(Session& session, const std::string& word) {
    if (is_path_word(word))
        return true;
    if (word.starts_with('/') || word.starts_with("./") || word.starts_with("../")
        || word.starts_with('-'))
        return false;
    if (word.find_first_of("#:@") != std::string::npos && canonical_reference(word))
        return true;
    const auto library = session.library();
    try {
        const bool is_bare = word.find('/') == std::string::npos;
        const auto digits = id_prefix(word);
        if (is_bare && !(digits && digits->size() >= k_sure_digits))
            return find_name(library, word).has_value();
        return !find_stored(library, word).images.empty();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::usage)
            return false;
        throw;
    }
}

RunLine split_line(Session& session, std::vector<std::string> words) {
    const auto mark = std::ranges::find(words, "--");
    const auto before = static_cast<std::size_t>(mark - words.begin());
    if (mark != words.end() && before <= 1)
        return {before == 1 ? std::optional(words.front()) : std::nullopt, {mark + 1, words.end()}};
    if (words.empty() || !is_image_word(session, words.front()))
        return {std::nullopt, std::move(words)};
    return {words.front(), {words.begin() + 1, words.end()}};
}

slurm::ContainerMount parse_mount(const std::string& text) {
    auto rest = text;
    slurm::ContainerMount mount;
    for (const std::string_view ending : {":ro", ":rw"})
        if (rest.ends_with(ending)) {
            mount.is_writable = ending == ":rw";
            rest.resize(rest.size() - ending.size());
            break;
        }
    const auto colon = rest.find(':');
    const auto source = rest.substr(0, colon);
    if (source.empty() || (colon != std::string::npos && rest[colon + 1] != '/'))
        throw Error(ErrorKind::usage, "--mount '{}': it is not SRC, SRC:/DST or SRC:/DST:ro", text);
    std::error_code fault;
    mount.source = fs::canonical(source, fault).native();
    if (fault == std::errc::no_such_file_or_directory && source.starts_with('/'))
        mount.source = fs::path(source).lexically_normal().native(); // a node may have it
    else if (fault)
        throw Error(ErrorKind::not_found, "--mount '{}': '{}': {}", text, source, fault.message());
    mount.target = colon == std::string::npos
                       ? fs::absolute(source).lexically_normal().native()
                       : fs::path(rest.substr(colon + 1)).lexically_normal().native();
    return mount;
}

std::optional<fs::path> find_program(const std::string& name, const Environment& environment) {
    const auto path = environment("PATH").value_or("");
    for (std::size_t start = 0; start <= path.size();) {
        const auto end = std::min(path.find(':', start), path.size());
        auto file = fs::path(path.substr(start, end - start)) / name;
        if (end > start && ::access(file.c_str(), X_OK) == 0)
            return file;
        start = end + 1;
    }
    return std::nullopt;
}

} // namespace aic::cli
