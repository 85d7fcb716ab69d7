# The installed C++ package: libraries, public headers, CMake package, pkg-config file and the command.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/entrospect)

install(TARGETS entrospect entrospect_core entrospect_spectral entrospect_estimators entrospect_io EXPORT entrospect)
install(EXPORT entrospect NAMESPACE entrospect:: FILE entrospectTargets.cmake DESTINATION ${package_dir})
if(TARGET entrospect_cli)
  install(TARGETS entrospect_cli)
endif()

foreach(header IN LISTS public_headers)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/entrospect/${folder})
endforeach()
install(FILES ${include_root}/entrospect/entrospect.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/entrospect)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

get_target_property(spectral_links entrospect_spectral LINK_LIBRARIES)
set(ENTROSPECT_WITH_OPENBLAS FALSE)
if("OpenBLAS::OpenBLAS" IN_LIST spectral_links)
  set(ENTROSPECT_WITH_OPENBLAS TRUE)
endif()
configure_package_config_file(cmake/entrospectConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/entrospectConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/entrospectConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/entrospectConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/entrospectConfigVersion.cmake
  cmake/FindLibZip.cmake cmake/FindxxHash.cmake cmake/FindOpenBLAS.cmake
  DESTINATION ${package_dir})

# pkg-config: the archives are static, so what they need stands in Libs, as -L and -l.
set(ENTROSPECT_PC_LIBS "")
set(archive_needs ${LibZip_LIBRARY} ${xxHash_LIBRARY})
if(ENTROSPECT_WITH_OPENBLAS)
  list(PREPEND archive_needs ${OpenBLAS_LIBRARIES})
endif()
foreach(library IN LISTS archive_needs)
  cmake_path(GET library PARENT_PATH folder)
  cmake_path(GET library STEM file)
  string(REGEX REPLACE "^lib" "" file ${file})
  if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
    string(APPEND ENTROSPECT_PC_LIBS " -L\"${folder}\"")
  endif()
  string(APPEND ENTROSPECT_PC_LIBS " -l${file}")
endforeach()
# From the folder of the .pc file up to the prefix, so that the package may be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE ENTROSPECT_PC_UP)
configure_file(cmake/entrospect.pc.in ${CMAKE_CURRENT_BINARY_DIR}/entrospect.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/entrospect.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
