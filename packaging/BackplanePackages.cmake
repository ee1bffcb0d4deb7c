# SPDX-License-Identifier: Apache-2.0
#
# Debian packages by `cpack -G DEB` in the build folder, one for each component:
#
#   backplane         the command, its plug-ins, boards and runs
#   backplane-sdk     what a plug-in is built with and tested against; the template of `backplane new`
#   libbackplane-dev  the core as a static library, for programs that embed it
set(BP_PACKAGE_CONTACT "Backplane maintainers <backplane@packages.invalid>" CACHE STRING
    "Maintainer: field of the Debian packages")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME backplane)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # a component's description begins with its own
set(CPACK_PACKAGE_CONTACT "${BP_PACKAGE_CONTACT}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL command sdk library)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME backplane)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION otherosfs)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS
    "backplane-sdk (= ${PROJECT_VERSION}), cpio, debian-archive-keyring, kmod, xz-utils") # the others: backplane-guest
set(CPACK_COMPONENT_COMMAND_DESCRIPTION "machine emulator and virtualizer built from plug-ins
Runs whole machines that are described in YAML: processors, devices and
accelerators are plug-ins, and a board file names and wires them.

This package has the command, the plug-ins of the project and its boards.")

set(CPACK_DEBIAN_SDK_PACKAGE_NAME backplane-sdk)
set(CPACK_DEBIAN_SDK_PACKAGE_SHLIBDEPS ON) # of backplane-check
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_SDK_PACKAGE_RECOMMENDS "backplane (>= ${PROJECT_VERSION}), cmake, gcc, pkg-config")
set(CPACK_DEBIAN_SDK_PACKAGE_SUGGESTS "cargo, g++, gcc-riscv64-linux-gnu, rustc")
set(CPACK_COMPONENT_SDK_DESCRIPTION "headers, test host and template for Backplane plug-ins
What a device model for the machine emulator Backplane is written with: the
headers of the plug-in interface, a machine around one device for tests
without a processor, and the project that `backplane new device` writes.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libbackplane-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
    "backplane-sdk (= ${PROJECT_VERSION}), libexpat1-dev, libfdt-dev, libjansson-dev, libuv1-dev, libyaml-dev, zlib1g-dev")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "core of the Backplane machine emulator as a static library
For programs that build and run machines themselves. Its interface is the
one inside of the command and may change with every version.")

# /usr/share/doc/PACKAGE/copyright and changelog.gz, which Debian's policy asks for (12.5, 12.7).
configure_file(${CMAKE_SOURCE_DIR}/packaging/changelog.in packages/changelog @ONLY)
execute_process(COMMAND gzip -9nc ${CMAKE_BINARY_DIR}/packages/changelog
                OUTPUT_FILE ${CMAKE_BINARY_DIR}/packages/changelog.gz COMMAND_ERROR_IS_FATAL ANY)
foreach(pair command=backplane sdk=backplane-sdk library=libbackplane-dev)
  string(REPLACE "=" ";" pair ${pair})
  list(GET pair 0 component)
  list(GET pair 1 package)
  install(FILES ${CMAKE_SOURCE_DIR}/packaging/copyright ${CMAKE_BINARY_DIR}/packages/changelog.gz
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endforeach()

include(CPack)
