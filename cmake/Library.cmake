# SPDX-License-Identifier: Apache-2.0
# raykeep_library(NAME http SRCS a.cc b.cc DEPS core PRIVATE OpenSSL::SSL)
# One library a folder. DEPS are the folders it may include and are checked by tools/check_layers.py;
# PRIVATE are third-party targets, which stay inside the folder.
function(raykeep_library)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;PRIVATE;PCH" ${ARGN})
  add_library(raykeep_${ARG_NAME} STATIC ${ARG_SRCS})
  add_library(raykeep::${ARG_NAME} ALIAS raykeep_${ARG_NAME})
  list(TRANSFORM ARG_DEPS PREPEND raykeep::)
  target_link_libraries(raykeep_${ARG_NAME} PUBLIC raykeep_options ${ARG_DEPS} PRIVATE ${ARG_PRIVATE})
  if(ARG_PCH)
    target_precompile_headers(raykeep_${ARG_NAME} PRIVATE ${ARG_PCH})
  endif()
endfunction()

# raykeep_test(NAME http SRCS a_test.cc DEPS http)
# One GoogleTest program a folder, mirroring src/.
function(raykeep_test)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;PRIVATE" ${ARGN})
  add_executable(test_${ARG_NAME} ${ARG_SRCS})
  list(TRANSFORM ARG_DEPS PREPEND raykeep::)
  target_link_libraries(test_${ARG_NAME} PRIVATE raykeep_options ${ARG_DEPS} ${ARG_PRIVATE} GTest::gtest_main)
  target_include_directories(test_${ARG_NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  gtest_discover_tests(test_${ARG_NAME} TEST_PREFIX ${ARG_NAME}. PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
endfunction()

# raykeep_fuzz(NAME request_head DEPS http)
# tests/fuzz/<name>.cc defines LLVMFuzzerTestOneInput. With RAYKEEP_FUZZ it becomes a libFuzzer program; always, the
# corpus in tests/fuzz/corpus/<name>/ is replayed as an ordinary test.
function(raykeep_fuzz)
  cmake_parse_arguments(ARG "" "NAME" "DEPS" ${ARGN})
  list(TRANSFORM ARG_DEPS PREPEND raykeep::)
  if(RAYKEEP_FUZZ)
    add_executable(fuzz_${ARG_NAME} ${ARG_NAME}.cc)
    target_link_options(fuzz_${ARG_NAME} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(fuzz_${ARG_NAME} ${ARG_NAME}.cc replay_main.cc)
    add_test(NAME replay.${ARG_NAME} COMMAND fuzz_${ARG_NAME} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${ARG_NAME})
    set_tests_properties(replay.${ARG_NAME} PROPERTIES LABELS replay)
  endif()
  target_link_libraries(fuzz_${ARG_NAME} PRIVATE raykeep_options ${ARG_DEPS})
endfunction()
