// SPDX-License-Identifier: Apache-2.0
#include "registry/answer_error.hpp"

#include <gmock/gmock.h>

namespace aic::registry {

static Error error_of_status(int status, const char* host, std::vector<Header> headers) {
    return error_of({.url = Url::parse(std::string("https://") + host + "/v2/x/manifests/1"),
                     .status = status,
                     .headers = std::move(headers)});
}

TEST(AnswerErrorTest, too_many_requests_name_the_wait_and_the_quota) {
    const std::vector<Header> quota = {{"RateLimit-Limit", "100;w=21600"},
                                       {"RateLimit-Remaining", "0;w=21600"}};
    auto with_wait = quota;
    with_wait.push_back({"Retry-After", "37"});
    EXPECT_EQ(error_of_status(429, "docker.example", with_wait).hint(),
              "it asks to try again in 37 s; 0 of 100 requests in 6 h are left");
    EXPECT_EQ(error_of_status(429, "docker.example", quota).hint(),
              "try again later, or log in: the limit may be shared by all who do not; "
              "0 of 100 requests in 6 h are left");
    EXPECT_THAT(error_of_status(429, "docker.example", {}).hint(),
                ::testing::EndsWith("shared by all who do not"));
}

constexpr const char* k_amazon = "123.dkr.ecr.eu-central-1.amazonaws.com";

TEST(AnswerErrorTest, amazons_expired_token_is_a_400_without_a_challenge) {
    const auto expired = error_of_status(400, k_amazon, {});
    EXPECT_EQ(expired.kind(), ErrorKind::denied);
    EXPECT_THAT(expired.hint(), ::testing::HasSubstr("aws ecr get-login-password"));
}

TEST(AnswerErrorTest, another_400_is_none) {
    const std::vector<Header> challenge = {{"WWW-Authenticate", "Basic realm=\"x\""}};
    EXPECT_EQ(error_of_status(400, k_amazon, challenge).kind(), ErrorKind::network);
    EXPECT_EQ(error_of_status(400, "bucket.s3.amazonaws.com", {}).kind(), ErrorKind::network);
    EXPECT_EQ(error_of_status(400, "r.example", {}).hint(), "");
}

TEST(AnswerErrorTest, who_wants_tls_on_this_machine_is_told_how) {
    const auto error = error_of({.url = Url::parse("http://127.0.0.1:5000/v2/"),
                                 .status = 400,
                                 .body = "Client sent an HTTP request to an HTTPS server.\n"});
    EXPECT_THAT(error.hint(), ::testing::HasSubstr("certs.d/127.0.0.1:5000/ca.crt"));
}

} // namespace aic::registry
