// SPDX-License-Identifier: Apache-2.0
#include "registry/base64.hpp"
#include "registry/url.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::registry {

TEST(UrlTest, an_origin_has_its_default_port_and_no_case) {
    EXPECT_EQ(Url::parse("https://A.example/x").origin(), (Origin{"https", "a.example", "443"}));
    EXPECT_EQ(Url::parse("http://a:80").origin(), Url::parse("http://A/other").origin());
    EXPECT_EQ(Url::parse("http://[::1]:5000/").origin(), (Origin{"http", "::1", "5000"}));
    EXPECT_NE(Url::parse("http://a").origin(), Url::parse("https://a").origin());
    EXPECT_NE(Url::parse("http://a:1").origin(), Url::parse("http://a:2").origin());
}

TEST(UrlTest, its_name_has_the_port_that_does_not_go_without_saying) {
    EXPECT_EQ(Url::parse("https://R.io:443/x").name(), "r.io");
    EXPECT_EQ(Url::parse("http://r.io:443").name(), "r.io:443");
    EXPECT_EQ(Url::parse("http://[::1]:5000").name(), "[::1]:5000");
    EXPECT_EQ(Url::parse("http://[::1]").name(), "[::1]");
}

TEST(UrlTest, a_location_is_resolved_against_where_it_came_from) {
    const auto from = Url::parse("https://a/b/c?d");
    EXPECT_EQ(from.resolve("/x").str(), "https://a/x");
    EXPECT_EQ(from.resolve("x").str(), "https://a/b/x");
    EXPECT_EQ(from.resolve("//e/x").str(), "https://e/x");
    EXPECT_EQ(from.resolve("http://e:5/x").str(), "http://e:5/x");
}

TEST(UrlTest, a_query_is_encoded_and_appended) {
    const auto url =
        Url::parse("https://a/token?x=1").with_query("scope", "repository:a/b:pull & c");
    EXPECT_EQ(url.str(), "https://a/token?x=1&scope=repository%3aa%2fb%3apull+%26+c");
}

TEST(UrlTest, what_is_no_web_address_is_refused) {
    for (const char* text : {"", "a", "ftp://a/x", "file:///etc/passwd", "https://",
                             "https://u:p@a/", "https://a:99999/", "javascript:x"})
        EXPECT_ERROR(ErrorKind::network, Url::parse(text)) << text;
    EXPECT_ERROR(ErrorKind::network, Url::parse("https://a/").resolve("file:///etc/passwd"));
}

TEST(UrlTest, the_query_of_a_bad_one_is_not_shown) {
    const auto error = testing::error_thrown_by([] { Url::parse("ftp://a/x?signature=secret"); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::network));
    EXPECT_EQ(error->message().find("secret"), std::string::npos);
}

TEST(UrlTest, loopback_and_private_addresses_are_known) {
    for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(is_loopback(host)) << host;
        EXPECT_TRUE(is_private(host)) << host;
    }
    for (const char* host :
         {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
          "100.64.0.1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "0.0.0.0"}) {
        EXPECT_FALSE(is_loopback(host)) << host;
        EXPECT_TRUE(is_private(host)) << host;
    }
    for (const char* host :
         {"172.32.0.1", "8.8.8.8", "2001:db8::1", "localhost.example", "10.example"})
        EXPECT_FALSE(is_private(host)) << host;
}

TEST(Base64Test, it_goes_there_and_back) {
    const std::pair<const char*, const char*> pairs[] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};
    for (const auto& [plain, encoded] : pairs) {
        EXPECT_EQ(base64_encode(plain), encoded);
        EXPECT_EQ(base64_decode(encoded), plain);
    }
    EXPECT_EQ(base64_decode("Zg"), "f");
    EXPECT_EQ(base64_decode("Z g="), std::nullopt);
}

} // namespace aic::registry
