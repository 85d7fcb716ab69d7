# Installs a build into a folder with a space in its name, moves it, and builds and runs the consumer against it.
# cmake -D BUILD=<build folder> -D CXX=<compiler> -P check.cmake
set(work "${BUILD}/consumer test")
file(REMOVE_RECURSE "${work}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
endfunction()

run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${work}/first place")
file(RENAME "${work}/first place" "${work}/moved here")
set(prefix "${work}/moved here")

run(${CMAKE_COMMAND} -S "${CMAKE_CURRENT_LIST_DIR}" -B "${work}/build" "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_COMPILER=${CXX}"
  -DCMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build "${work}/build" --parallel 2)
run("${work}/build/consumer")
run("${work}/build/layer_consumer")
run("${work}/build/readme_snippet")

find_program(make NAMES make gmake)
find_program(pkg_config NAMES pkg-config pkgconf)
if(NOT make OR NOT pkg_config)
  message("pkg-config part skipped: make or pkg-config is not installed")
  return()
endif()
file(GLOB pc "${prefix}/*/pkgconfig" "${prefix}/*/*/pkgconfig")
run(${CMAKE_COMMAND} -E make_directory "${work}/make")
run(${CMAKE_COMMAND} -E chdir "${work}/make" ${CMAKE_COMMAND} -E env "PKG_CONFIG_PATH=${pc}" "CXX=${CXX}"
  ${make} -f "${CMAKE_CURRENT_LIST_DIR}/Makefile" "SOURCE=${CMAKE_CURRENT_LIST_DIR}" run)
