# SPDX-License-Identifier: Apache-2.0
#
# backplane_man(NAME COMPONENT DEPENDENCY SUMMARY COMMAND): NAME.1.gz, the manual page of a command, from what its --help says.
function(backplane_man name component dependency summary command)
  set(page ${CMAKE_BINARY_DIR}/man/${name}.1)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
  add_custom_command(OUTPUT ${page}.gz DEPENDS ${dependency} ${CMAKE_SOURCE_DIR}/packaging/man.sh VERBATIM
                     COMMAND sh ${CMAKE_SOURCE_DIR}/packaging/man.sh ${name} ${PROJECT_VERSION} ${summary} ${command} > ${page}
                     COMMAND gzip -9nf ${page})
  add_custom_target(man-${name} ALL DEPENDS ${page}.gz)
  install(FILES ${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${component})
endfunction()
