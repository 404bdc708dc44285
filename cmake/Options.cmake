# SPDX-License-Identifier: Apache-2.0
# What every target of Raykeep is compiled with: the INTERFACE target raykeep_options.
option(RAYKEEP_TESTS "Build the tests and the corpus replay" ON)
option(RAYKEEP_BENCH "Build the micro benchmarks" OFF)
option(RAYKEEP_WERROR "Treat warnings as errors" OFF)
option(RAYKEEP_FUZZ "Build the fuzz targets with libFuzzer (needs clang)" OFF)
set(RAYKEEP_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them, for example address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(RAYKEEP_CCACHE ccache)
if(RAYKEEP_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The precompiled headers' times and macros may differ between trees without changing their meaning.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${RAYKEEP_CCACHE})
endif()

add_library(raykeep_options INTERFACE)
target_include_directories(raykeep_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(raykeep_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -fstack-protector-strong
  # g++ 12 takes the frame allocator of Asio's coroutines for a mismatch of new and delete.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
  $<$<BOOL:${RAYKEEP_WERROR}>:-Werror>)
target_compile_definitions(raykeep_options INTERFACE
  _GLIBCXX_ASSERTIONS
  RAYKEEP_VERSION="${PROJECT_VERSION}"
  $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
target_link_options(raykeep_options INTERFACE -pie -Wl,-z,relro,-z,now)

find_program(RAYKEEP_MOLD mold)
if(RAYKEEP_MOLD)
  target_link_options(raykeep_options INTERFACE -fuse-ld=mold)
endif()

if(RAYKEEP_SANITIZE)
  target_compile_options(raykeep_options INTERFACE -fsanitize=${RAYKEEP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(raykeep_options INTERFACE -fsanitize=${RAYKEEP_SANITIZE})
endif()
if(RAYKEEP_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "RAYKEEP_FUZZ needs clang; use the preset 'fuzz'")
  endif()
  target_compile_options(raykeep_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
