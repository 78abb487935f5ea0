# SPDX-License-Identifier: Apache-2.0
# Compiler flags, sanitizers and the include root, said once.

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

find_program(AIC_CCACHE ccache)
if(AIC_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${AIC_CCACHE})
endif()

add_library(aic_flags INTERFACE)
target_compile_features(aic_flags INTERFACE cxx_std_20)
target_compile_definitions(aic_flags INTERFACE _FILE_OFFSET_BITS=64)
target_compile_options(aic_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor
  -Wno-missing-field-initializers) # designated initialisers leave the defaults in place on purpose
if(AIC_WERROR)
  target_compile_options(aic_flags INTERFACE -Werror)
endif()
if(AIC_SANITIZE)
  target_compile_options(aic_flags INTERFACE
    -fsanitize=${AIC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # g++ 12 takes the sanitizers' own code for uses of what is not initialised.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(aic_flags INTERFACE -fsanitize=${AIC_SANITIZE})
endif()
if(AIC_FUZZ)
  # fuzzer-no-link: coverage instrumentation everywhere, libFuzzer's main only in the targets.
  target_compile_options(aic_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# aic_library(name SOURCES files… USES our targets… PRIVATE foreign libraries…)
function(aic_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;PRIVATE")
  add_library(aic_${name} STATIC ${arg_SOURCES})
  add_library(aic::${name} ALIAS aic_${name})
  target_include_directories(aic_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(aic_${name} PUBLIC aic_flags ${arg_USES} PRIVATE ${arg_PRIVATE})
endfunction()

# aic_test(name SOURCES files… USES targets… LABELS labels…): one GoogleTest binary, one ctest each test.
function(aic_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LABELS")
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE AIC_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE aic_flags ${arg_USES} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 300 LABELS "${arg_LABELS}")
endfunction()
