# SPDX-License-Identifier: MIT
# The options that a user can set, and the interface target that passes them to all our targets.
option(EIGENSWEEP_WITH_TORCH "Build the worker (needs LibTorch); OFF builds the planner and reader only" ON)
option(EIGENSWEEP_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(EIGENSWEEP_WERROR "Treat warnings as errors (on in CI)" OFF)
option(EIGENSWEEP_CLANG_TIDY "Run clang-tidy on every source of ours that sees no Torch, as it is compiled" OFF)
option(EIGENSWEEP_CHECK_ALONE "Compile every source and public header that sees no Torch alone" OFF)
option(EIGENSWEEP_UNITY "Compile each room as one file (a cold build takes half the time); OFF compiles every file alone" ON)
option(EIGENSWEEP_REQUIRE_CUDA "Refuse a LibTorch without CUDA" OFF)
option(EIGENSWEEP_FUZZ "Build tests/fuzz for libFuzzer (needs Clang and its compiler-rt)" OFF)
set(EIGENSWEEP_SANITIZE "" CACHE STRING "Sanitizers for our code, e.g. address,undefined")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# A file that includes torch/torch.h or nlohmann_json spends nearly all its compile time on them. A room compiled as one
# file pays once.
set(CMAKE_UNITY_BUILD "${EIGENSWEEP_UNITY}")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)
set(CMAKE_CXX_STANDARD 20)  # torch 2.13's headers need it
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(eigensweep_options INTERFACE)
add_library(eigensweep::options ALIAS eigensweep_options)
target_compile_features(eigensweep_options INTERFACE cxx_std_20)
target_include_directories(eigensweep_options INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>")
# A switch over an enum is its table of words: it is complete, or there is no build.
target_compile_options(eigensweep_options INTERFACE -Wall -Wextra -Wpedantic -Werror=switch)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 at -O3 wrongly warns of overflows in std::string (GCC bug 105651).
  target_compile_options(eigensweep_options INTERFACE -Wno-restrict -Wno-stringop-overflow)
endif()
if(EIGENSWEEP_WERROR)
  target_compile_options(eigensweep_options INTERFACE -Werror)
endif()
if(EIGENSWEEP_SANITIZE)
  target_compile_options(eigensweep_options INTERFACE -fsanitize=${EIGENSWEEP_SANITIZE} -fno-omit-frame-pointer
                                                      -fno-sanitize-recover=undefined)
  target_link_options(eigensweep_options INTERFACE -fsanitize=${EIGENSWEEP_SANITIZE})
endif()
if(EIGENSWEEP_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "EIGENSWEEP_FUZZ needs Clang; on Debian: apt-get install clang libclang-rt-14-dev, then cmake --preset fuzz")
  endif()
  target_compile_options(eigensweep_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(EIGENSWEEP_CLANG_TIDY)
  find_program(EIGENSWEEP_CLANG_TIDY_PROGRAM clang-tidy)
  if(NOT EIGENSWEEP_CLANG_TIDY_PROGRAM)
    message(FATAL_ERROR "EIGENSWEEP_CLANG_TIDY needs clang-tidy; on Debian: apt-get install clang-tidy (or run scripts/setup --tests)")
  endif()
endif()
