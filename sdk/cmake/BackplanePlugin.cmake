# SPDX-License-Identifier: Apache-2.0
#
# backplane_plugin(NAME SOURCES FILE...): a plug-in NAME.so that sees the SDK headers and nothing else. The same function
# builds the plug-ins of Backplane and, through find_package(Backplane), everybody else's, in C or C++.
#
# Variables that may be set before: BP_PLUGIN_DIR, the folder it is built into (default: the binary folder), and
# BP_PLUGIN_COMPONENT, the component that installs it.
set(BP_PLUGIN_DESTINATION lib/backplane/plugins) # where the command looks: ../lib/backplane/plugins, seen from bin/

# What a plug-in in C++ is built with, so that it depends on libc and libm like one in C: no exceptions, which must not reach
# the core, no type information and no library of the compiler's at run time (<backplane/cxx/device.hpp>).
function(backplane_plugin_without_runtime name)
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>
                         $<$<COMPILE_LANGUAGE:CXX>:-fno-threadsafe-statics>
                         $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
  if(NOT BP_SANITIZE)
    target_link_options(${name} PRIVATE -nodefaultlibs)
    target_link_libraries(${name} PRIVATE m c gcc)
  endif()
endfunction()

function(backplane_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES")
  if(NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "backplane_plugin(${name}): no SOURCES, or words that mean nothing "
                        "(${ARG_UNPARSED_ARGUMENTS}): write backplane_plugin(${name} SOURCES file.c ...)")
  endif()
  add_library(${name} MODULE ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX .so POSITION_INDEPENDENT_CODE ON
                        C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(BP_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${BP_PLUGIN_DIR}")
  endif()
  # A sanitizer's runtime is found only when the program starts.
  if(NOT BP_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
  endif()
  target_link_libraries(${name} PRIVATE Backplane::sdk m)
  if(ARG_SOURCES MATCHES "\\.(cc|cpp|cxx)(;|$)")
    backplane_plugin_without_runtime(${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY BP_PLUGINS ${name})
  set(component "")
  if(BP_PLUGIN_COMPONENT)
    set(component COMPONENT ${BP_PLUGIN_COMPONENT})
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION ${BP_PLUGIN_DESTINATION} ${component})
endfunction()
