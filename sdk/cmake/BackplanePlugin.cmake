# SPDX-License-Identifier: Apache-2.0
#
# backplane_plugin(NAME SOURCES ...): a plug-in NAME.so that sees the SDK headers and nothing else.
set(BP_SDK_INCLUDE "${CMAKE_CURRENT_LIST_DIR}/../include")

function(backplane_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden
                        LIBRARY_OUTPUT_DIRECTORY "${BP_PLUGIN_DIR}")
  target_include_directories(${name} PRIVATE "${BP_SDK_INCLUDE}")
  if(NOT BP_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
  endif()
  target_link_libraries(${name} PRIVATE m)
  set_property(GLOBAL APPEND PROPERTY BP_PLUGINS ${name})
  install(TARGETS ${name} LIBRARY DESTINATION lib/backplane/plugins)
endfunction()
