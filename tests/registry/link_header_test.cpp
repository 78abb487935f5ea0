// SPDX-License-Identifier: Apache-2.0
#include "registry/link_header.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

TEST(LinkHeaderTest, the_next_page_is_found_wherever_it_stands) {
    for (const char* header : {
             R"(</v2/x?last=a>; rel="next")",
             R"(</v2/x?last=a>;rel=next)",
             R"(</v2/x?last=a> ; title="a, \"b\"; <c>" ; REL="Next")",
             R"(</other>; rel="prev", </v2/x?last=a>; rel="next")",
             R"(</v2/x?last=a>; rel="last next"; type)",
         })
        EXPECT_EQ(next_link(header), "/v2/x?last=a") << header;
}

TEST(LinkHeaderTest, what_is_no_next_page_is_nothing) {
    for (const char* header :
         {"", "/v2/x; rel=next", "</v2/x>", R"(</v2/x>; rel="prev")", R"(</v2/x>; rel="nextish")",
          R"(</v2/x; rel="next")", R"(</v2/x>; rel="next)", R"(</a>; rel="prev" </b>; rel="next")"})
        EXPECT_EQ(next_link(header), std::nullopt) << header;
}

TEST(LinkHeaderTest, commas_within_a_target_belong_to_it) {
    EXPECT_EQ(next_link(R"(</v2/x?a=1,2>; rel="next")"), "/v2/x?a=1,2");
}

} // namespace aic::registry
