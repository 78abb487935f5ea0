// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"
#include "oci/printable.hpp"
#include "registry/credentials.hpp"

namespace aic::registry {

namespace {

/// Cuts a netrc file into words.
class Words {
public:
    explicit Words(std::string_view text) : rest_(text) {}

    /// The next keyword: comments before it are passed over. "" at the end.
    std::string keyword() {
        for (;;) {
            skip_blanks();
            if (!rest_.starts_with('#'))
                return value();
            rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
        }
    }

    /// The next word, whatever it begins with; in quotes it may hold blanks and escapes, as curl
    /// has it.
    std::string value() {
        skip_blanks();
        if (rest_.starts_with('"'))
            return quoted();
        const auto end = std::min(rest_.find_first_of(k_blanks), rest_.size());
        std::string word(rest_.substr(0, end));
        rest_.remove_prefix(end);
        return word;
    }

    /// A macro's body ends at the first empty line.
    void skip_macro() {
        const auto end = rest_.find("\n\n");
        rest_.remove_prefix(std::min(end, rest_.size()));
    }

private:
    static constexpr std::string_view k_blanks = " \t\r\n\f\v";

    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(k_blanks), rest_.size()));
    }

    std::string quoted() {
        std::string word;
        for (rest_.remove_prefix(1); !rest_.empty() && rest_.front() != '"';
             rest_.remove_prefix(1)) {
            if (rest_.front() == '\\' && rest_.size() > 1) {
                rest_.remove_prefix(1);
                word += unescaped(rest_.front());
            } else {
                word += rest_.front();
            }
        }
        rest_.remove_prefix(rest_.empty() ? 0 : 1);
        return word;
    }

    static char unescaped(char c) {
        return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }

    std::string_view rest_;
};

std::string without_port(std::string_view host) {
    if (host.starts_with('['))
        return std::string(host.substr(0, host.find(']') + 1));
    return std::string(host.substr(0, host.find(':')));
}

/// What enroot would hand to a shell. NGC's user name is the one thing that only looks like it.
bool is_shell_expression(std::string_view text) {
    return text.starts_with('$') && text != "$oauthtoken";
}

} // namespace

std::vector<NetrcEntry> parse_netrc(std::string_view text) {
    std::vector<NetrcEntry> entries;
    bool in_machine = false; // and not in "default"
    Words words(text);
    for (auto word = words.keyword(); !word.empty(); word = words.keyword()) {
        if (word == "machine") {
            entries.push_back({words.value(), {}, {}});
            in_machine = true;
        } else if (word == "default") {
            in_machine = false;
        } else if (word == "macdef") {
            words.skip_macro();
        } else if (word == "login" || word == "password" || word == "account") {
            auto value = words.value();
            if (in_machine && word == "login")
                entries.back().login = std::move(value);
            else if (in_machine && word == "password")
                entries.back().password = Secret(std::move(value));
        }
    }
    return entries;
}

std::vector<std::string> credential_hosts(std::string_view registry) {
    if (registry == "docker.io")
        return {"docker.io", "index.docker.io", "auth.docker.io", "registry-1.docker.io"};
    if (without_port(registry) == "nvcr.io")
        return {std::string(registry), "authn.nvidia.com"};
    return {std::string(registry)};
}

std::string login_hint(std::string_view registry, const std::filesystem::path& file) {
    const bool is_ngc = without_port(registry) == "nvcr.io";
    return fmt::format("put a line 'machine {} login {} password {}' into '{}' (mode 600)",
                       registry == "docker.io" ? "auth.docker.io" : without_port(registry),
                       is_ngc ? "$oauthtoken" : "USER", is_ngc ? "API_KEY" : "PASSWORD",
                       file.native());
}

std::optional<Credentials> credentials_from_netrc(const std::vector<NetrcEntry>& entries,
                                                  std::string_view registry, std::string_view user,
                                                  const std::filesystem::path& file) {
    for (const auto& host : credential_hosts(registry))
        for (const auto& entry : entries) {
            if (without_port(entry.machine) != without_port(host) || entry.password.empty()
                || (!user.empty() && entry.login != user))
                continue;
            if (is_shell_expression(entry.login) || is_shell_expression(entry.password.reveal())) {
                warn("passing over the entry for {} in '{}': login or password is a shell "
                     "expression, "
                     "which only enroot evaluates",
                     oci::printable(entry.machine), file.native());
                continue;
            }
            return Credentials{entry.login, entry.password};
        }
    return std::nullopt;
}

} // namespace aic::registry
