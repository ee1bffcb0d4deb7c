# SPDX-License-Identifier: Apache-2.0
#
# bp_test(NAME LABELS label... [TIMEOUT seconds] [PROPERTIES name value...] COMMAND command...): add_test() for every kind
# of build. bp_wanted(RESULT label...) says whether this build runs a test with such labels, for those who would build
# something for it first. bp_criterion(TARGET) links a program with Criterion, or with what stands in for it.
#
# Limits of time are those of the plain build, here as in the tests themselves. bp_test() multiplies its own by the
# patience of the build; C has it as BP_PATIENCE, Python in the environment as BACKPLANE_TEST_PATIENCE.
#
# What a build runs is decided here and nowhere else, by the sanitizers in it:
#
#   build              names   runs                       because
#   none               X       everything
#   address,undefined  asan-X  all but labels style, abi, those look at sources and packages, which are the same for all
#                              install, check, repeat     builds; watch over processes of their own; or run ten times, to
#                                                         compare, what another test runs as well
#   thread             tsan-X  label threads              elsewhere one thread does it all, and ASan has seen that
if(BP_SANITIZE MATCHES thread)
  set(bp_prefix tsan-)
  set(bp_build tsan)
  set(bp_patience 8)
elseif(BP_SANITIZE)
  set(bp_prefix asan-)
  set(bp_build asan)
  set(bp_patience 4)
else()
  set(bp_prefix "")
  set(bp_build plain)
  set(bp_patience 1)
endif()

# The patience, and what a sanitizer does with what it finds.
set(bp_environment
    BACKPLANE_TEST_PATIENCE=${bp_patience} PYTHONDONTWRITEBYTECODE=1
    ASAN_OPTIONS=detect_leaks=1:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    TSAN_OPTIONS=halt_on_error=1:exitcode=99)

# Criterion's test processes do not pass on what a leak check at their end says.
set(bp_reports "ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:")

# ThreadSanitizer's shadow has a fixed place, which the address space randomization of many kernels takes from it.
# Containers may forbid to switch it off.
set(bp_launcher "")
if(bp_build STREQUAL tsan)
  execute_process(COMMAND setarch -R true RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  if(status EQUAL 0)
    set(bp_launcher setarch -R)
  endif()
endif()

function(bp_wanted result)
  set(wanted TRUE)
  if(bp_build STREQUAL asan)
    foreach(label style abi install check repeat)
      if(label IN_LIST ARGN)
        set(wanted FALSE)
      endif()
    endforeach()
  elseif(bp_build STREQUAL tsan AND NOT threads IN_LIST ARGN)
    set(wanted FALSE)
  endif()
  set(${result} ${wanted} PARENT_SCOPE)
endfunction()

function(bp_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;PROPERTIES;COMMAND" ${ARGN})
  bp_wanted(wanted ${ARG_LABELS})
  if(NOT wanted)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  list(POP_FRONT ARG_COMMAND program)
  if(TARGET ${program})
    set(program $<TARGET_FILE:${program}>)
  endif()
  math(EXPR timeout "${ARG_TIMEOUT} * ${bp_patience}")
  add_test(NAME ${bp_prefix}${name} COMMAND ${bp_launcher} ${program} ${ARG_COMMAND})
  set_tests_properties(${bp_prefix}${name} PROPERTIES TIMEOUT ${timeout} LABELS "${ARG_LABELS};${bp_build}"
                       ENVIRONMENT "${bp_environment}" FAIL_REGULAR_EXPRESSION "${bp_reports}" ${ARG_PROPERTIES})
endfunction()

# Criterion's runner does not start under ThreadSanitizer; tsan/ has what the tests of threads need of it.
if(bp_build STREQUAL tsan)
  add_library(tsan-criterion STATIC ${CMAKE_CURRENT_LIST_DIR}/tsan/criterion.c)
  target_include_directories(tsan-criterion PUBLIC ${CMAKE_CURRENT_LIST_DIR}/tsan)
  target_compile_definitions(tsan-criterion PUBLIC BP_PATIENCE=${bp_patience})
endif()

function(bp_criterion target)
  target_compile_definitions(${target} PRIVATE BP_PATIENCE=${bp_patience})
  if(bp_build STREQUAL tsan)
    target_link_libraries(${target} PRIVATE tsan-criterion)
  else()
    target_link_libraries(${target} PRIVATE PkgConfig::CRITERION)
  endif()
endfunction()
