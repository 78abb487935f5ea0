// SPDX-License-Identifier: Apache-2.0
#include "slurm/cuda.hpp"

#include <gtest/gtest.h>

namespace aic::slurm {

TEST(CudaTest, the_driver_is_the_first_number_of_the_first_line) {
    EXPECT_EQ(driver_in("NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.57.02  Tue Jul 13\n"
                        "GCC version:  gcc version 9.3.0\n"),
              (DriverVersion{470, 57}));
    EXPECT_EQ(driver_in("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Rel"),
              (DriverVersion{550, 54}));
    EXPECT_FALSE(driver_in(""));
    EXPECT_FALSE(driver_in("nothing of it"));
}

TEST(CudaTest, a_driver_is_for_a_cuda) {
    EXPECT_EQ(cuda_of({470, 57}), (DriverVersion{11, 4}));
    EXPECT_EQ(cuda_of({549, 0}), (DriverVersion{12, 3}));
    EXPECT_EQ(cuda_of({999, 0}), (DriverVersion{13, 0}));
    EXPECT_EQ(cuda_of({300, 0}), DriverVersion{});
}

TEST(CudaTest, one_word_is_enough_and_all_of_it_has_to_hold) {
    constexpr const char* k_wants =
        "cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=unknown,driver>=535,driver<536";
    EXPECT_TRUE(driver_may_do(k_wants, {550, 54}));
    EXPECT_TRUE(driver_may_do(k_wants, {470, 57}));
    EXPECT_TRUE(driver_may_do(k_wants, {535, 104}));
    EXPECT_FALSE(driver_may_do(k_wants, {525, 60}));
    EXPECT_FALSE(driver_may_do("cuda>=12.4", {535, 104}));
}

TEST(CudaTest, what_is_not_understood_is_nobodys_fault) {
    for (const auto* text : {"", "  ", "cuda", "cuda>=", "cuda>=new", "arch>=7.0", "cuda=12"})
        EXPECT_TRUE(driver_may_do(text, {470, 57})) << text;
}

} // namespace aic::slurm
