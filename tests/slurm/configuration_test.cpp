// SPDX-License-Identifier: Apache-2.0
#include "slurm/configuration.hpp"

#include <gtest/gtest.h>

namespace aic::slurm {

TEST(ConfigurationTest, a_setting_is_the_first_word_after_its_name) {
    const auto text = "Configuration data as of 2026-11-27T04:00:00\n"
                      "AuthType                = auth/munge\n"
                      "ClusterName             = alps\n"
                      "PlugStackConfig         = /etc/slurm/plugstack.conf\n";
    EXPECT_EQ(setting_in(text, "ClusterName"), "alps");
    EXPECT_EQ(setting_in(text, "PlugStackConfig"), "/etc/slurm/plugstack.conf");
    EXPECT_FALSE(setting_in("slurm_load_ctl_conf error: Unable to contact\n", "ClusterName"));
    EXPECT_FALSE(setting_in("ClusterName =\n", "ClusterName"));
    // Slurm 22.05 where slurm.conf does not name the file
    EXPECT_FALSE(setting_in("PlugStackConfig         = (null)\n", "PlugStackConfig"));
}

} // namespace aic::slurm
