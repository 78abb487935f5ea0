// SPDX-License-Identifier: Apache-2.0
#include "registry/challenge.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace aic::registry {

/// "scheme(token68){name=value;…}…": one line to compare.
static std::string shown(const std::vector<Challenge>& challenges) {
    std::string text;
    for (const auto& challenge : challenges) {
        text += fmt::format("{}({}){{", challenge.scheme, challenge.token68);
        for (const auto& [name, value] : challenge.parameters)
            text += fmt::format("{}={};", name, value);
        text += "}";
    }
    return text;
}

TEST(ChallengeTest, headers_are_read_as_rfc_9110_says) {
    const std::pair<const char*, const char*> headers[] = {
        {"", ""},
        {"Basic", "basic(){}"},
        {R"(Bearer realm="https://a/token",service="s",scope="repository:x:pull,push")",
         "bearer(){realm=https://a/token;scope=repository:x:pull,push;service=s;}"},
        {R"(Basic realm="a, b", Bearer realm="c")", "basic(){realm=a, b;}bearer(){realm=c;}"},
        {R"(Negotiate, Basic realm="x")", "negotiate(){}basic(){realm=x;}"},
        {R"(Negotiate YWJj==, Basic realm="x")", "negotiate(YWJj==){}basic(){realm=x;}"},
        {R"(BEARER Realm = "r" , Scope= "s")", "bearer(){realm=r;scope=s;}"},
        {R"(Bearer realm="a \"quoted\" word")", R"(bearer(){realm=a "quoted" word;})"},
        {"Bearer realm=https://a/token,service=s", "bearer(){realm=https://a/token;service=s;}"},
        {R"( , ,Basic realm="x",, ,)", "basic(){realm=x;}"},
        {R"(Bearer realm="a",realm="b")", "bearer(){realm=a;}"},
        {R"(realm="lost")", ""},
        {R"(Basic realm="x", Bearer realm="not closed)", "basic(){realm=x;}bearer(){}"},
        {R"(Basic realm="x", "?)", "basic(){realm=x;}"},
        {"Basic realm=", "basic(realm=){}"},
    };
    for (const auto& [header, expected] : headers)
        EXPECT_EQ(shown(parse_challenges(header)), expected) << header;
}

TEST(ChallengeTest, a_parameter_that_is_not_there_is_empty) {
    EXPECT_EQ(parse_challenges("Basic").front().parameter("realm"), "");
}

} // namespace aic::registry
