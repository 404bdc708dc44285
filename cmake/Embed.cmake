# SPDX-License-Identifier: Apache-2.0
# raykeep_embed(TARGET NAMESPACE FILES...) compiles text files into a library as
# `std::string_view <NAMESPACE>::asset(std::string_view name)`; an unknown name gives an empty view.
function(raykeep_embed target namespace)
  set(entries "")
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    file(READ ${file} text)
    get_filename_component(name ${file} NAME)
    string(APPEND entries "  if (name == \"${name}\") return R\"raykeep(${text})raykeep\";\n")
  endforeach()
  set(source "// Made by cmake/Embed.cmake.\n#include <string_view>\nnamespace ${namespace} {\nstd::string_view asset(std::string_view name) {\n${entries}  return {};\n}\n}\n")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/assets.cc CONTENT "${source}" @ONLY)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/assets.cc)
endfunction()
