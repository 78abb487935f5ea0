// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"
#include "registry/netrc_edit.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::registry {

/// "login:password" of what was found, "" for nothing.
static std::string from_netrc(std::string_view text, std::string_view registry,
                              std::string_view user = "") {
    const auto found = credentials_from_netrc(parse_netrc(text), registry, user, "/f");
    return found ? found->user + ":" + found->password.reveal() : "";
}

TEST(NetrcTest, words_may_stand_in_any_layout) {
    for (const char* text :
         {"machine r.io login me password pw", "machine r.io\nlogin me\n\tpassword pw\n",
          "# machine r.io login no password no\nmachine r.io password pw login me",
          "machine r.io # a comment\nlogin me password pw",
          "machine other login x password y machine r.io login me password pw",
          "machine r.io login \"me\" password \"pw\"",
          "macdef init\nmachine r.io login no password no\n\n"
          "machine r.io account a login me password pw"})
        EXPECT_EQ(from_netrc(text, "r.io"), "me:pw") << text;
}

TEST(NetrcTest, hosts_are_matched_without_port_and_registries_by_all_their_names) {
    struct Match {
        const char *machine, *registry;
        bool fits;
    };

    const Match matches[] = {{"r.io", "r.io:5000", true},
                             {"r.io:5000", "r.io", true},
                             {"r.io", "x.r.io", false},
                             {"nvcr.io", "nvcr.io", true},
                             {"authn.nvidia.com", "nvcr.io", true},
                             {"authn.nvidia.com", "r.io", false},
                             {"auth.docker.io", "docker.io", true},
                             {"index.docker.io", "docker.io", true},
                             {"[::1]", "[::1]:5000", true}};
    for (const auto& match : matches)
        EXPECT_EQ(
            from_netrc(fmt::format("machine {} login a password b", match.machine), match.registry),
            match.fits ? "a:b" : "")
            << match.machine << " " << match.registry;
}

TEST(NetrcTest, the_registrys_own_name_comes_before_its_others) {
    EXPECT_EQ(from_netrc(
                  "machine authn.nvidia.com login a password b\nmachine nvcr.io login c password d",
                  "nvcr.io"),
              "c:d");
}

TEST(NetrcTest, a_user_chooses_among_several_lines) {
    const char* text = "machine r.io login a password 1\nmachine r.io login b password 2";
    EXPECT_EQ(from_netrc(text, "r.io"), "a:1");
    EXPECT_EQ(from_netrc(text, "r.io", "b"), "b:2");
    EXPECT_EQ(from_netrc(text, "r.io", "c"), "");
}

TEST(NetrcTest, ngcs_user_name_is_literal_and_shell_expressions_are_passed_over_with_a_warning) {
    std::string warnings;
    set_log_handler([&](LogLevel, const std::string& message) { warnings += message; });
    EXPECT_EQ(from_netrc("machine nvcr.io login $oauthtoken password key", "nvcr.io"),
              "$oauthtoken:key");
    EXPECT_EQ(warnings, "");
    EXPECT_EQ(from_netrc("machine r.io login me password $(cat secret-file)", "r.io"), "");
    EXPECT_EQ(from_netrc("machine r.io login me password $SECRET", "r.io"), "");
    set_log_handler({});
    EXPECT_NE(warnings.find("r.io in '/f'"), std::string::npos);
    EXPECT_EQ(warnings.find("SECRET"), std::string::npos);
}

TEST(NetrcTest, a_default_entry_goes_to_nobody) {
    EXPECT_EQ(from_netrc("machine a login b password c default login d password e", "r.io"), "");
    EXPECT_EQ(from_netrc("machine a login b password c default login d password e", "a"), "b:c");
}

static std::string edited(std::string_view text, std::string_view machine = "r.io") {
    return with_entry(text, {std::string(machine), "me", Secret("new")}).reveal();
}

TEST(NetrcEditTest, an_entry_is_added_in_front) {
    EXPECT_EQ(edited(""), "machine r.io login me password new\n");
    EXPECT_EQ(edited("machine a login b password c"),
              "machine r.io login me password new\nmachine a login b password c");
}

TEST(NetrcEditTest, an_entry_takes_the_place_of_the_one_for_the_same_machine_and_login) {
    struct Case {
        const char *before, *after;
    };

    const Case cases[] = {
        {"# mine\nmachine r.io login me password old\nmachine z login z password z\n",
         "# mine\nmachine r.io login me password new\nmachine z login z password z\n"},
        {"machine r.io:5000 password old login me", "machine r.io login me password new\n"},
        {"machine r.io\n  login me\n  password \"o l d\"\n\n# end\n",
         "machine r.io login me password new\n\n# end\n"},
        {"machine a login b password c machine r.io login me password old # kept\n",
         "machine a login b password c \nmachine r.io login me password new\n # kept\n"},
        {"machine r.io login other password x\nmachine r.io login me password old\n",
         "machine r.io login me password new\nmachine r.io login other password x\n"},
    };
    for (const auto& [before, after] : cases)
        EXPECT_EQ(edited(before), after) << before;
}

TEST(NetrcEditTest, an_entry_comes_before_a_default_that_would_hide_it) {
    EXPECT_EQ(edited("machine a login b password c\ndefault login d password e\n"),
              "machine a login b password c\nmachine r.io login me password new\n"
              "default login d password e\n");
}

TEST(NetrcEditTest, what_is_added_is_found) {
    for (const char* before :
         {"", "machine", "machine r.io login x password y", "default login a password b",
          "macdef m\nmachine r.io login me password no\n\n", "# machine r.io login me password no",
          "machine r.io login me password", "macdef m\nno end", "\"not closed",
          "\r\nmachine a\r\nlogin b\r\npassword c"})
        EXPECT_EQ(from_netrc(edited(before), "r.io"), "me:new") << before;
}

TEST(NetrcEditTest, a_file_that_would_hide_the_entry_is_refused) {
    for (const char* before : {"login x", "password y machine a login b password c"})
        EXPECT_ERROR(ErrorKind::integrity, edited(before)) << before;
}

TEST(NetrcEditTest, all_of_a_machines_entries_go_or_one_users_only) {
    const char* text = "machine r.io login a password 1\n# note\nmachine z login z password 2\n"
                       "machine r.io login b password 3\n";
    EXPECT_EQ(without_entries(text, "r.io", "").reveal(), "# note\nmachine z login z password 2\n");
    EXPECT_EQ(without_entries(text, "r.io:443", "b").reveal(),
              "machine r.io login a password 1\n# note\nmachine z login z password 2\n");
    EXPECT_EQ(without_entries(text, "other", "").reveal(), text);
}

TEST(NetrcEditTest, words_that_enroot_would_misread_are_refused) {
    for (const char* word : {"", "$(reboot)", "$KEY", "a b", "a\tb", "a\nb", "\"a", "a\\b", "#a"})
        EXPECT_ERROR(ErrorKind::usage, check_netrc_word(word, "the password")) << word;
    for (const char* word : {"$oauthtoken", "nvapi-abc_DEF", "p$w", "p#w", "p\xc3\xa4w"})
        EXPECT_NO_THROW(check_netrc_word(word, "the password")) << word;
}

} // namespace aic::registry
