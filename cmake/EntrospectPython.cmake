# The Python module. The build tree gets an importable build/python/entrospect (links to the sources beside the compiled _core); a wheel
# gets the package, the compiled module and the command.
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
if(NOT pybind11_ROOT AND NOT pybind11_DIR)
  # pybind11 as a package of this interpreter, when there is one: it fits it better than the system's.
  execute_process(COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir OUTPUT_VARIABLE pybind11_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
find_package(pybind11 2.10 CONFIG QUIET)
if(NOT pybind11_FOUND)
  message(FATAL_ERROR "ENTROSPECT_PYTHON needs pybind11. Install it with\n  apt-get install python3-dev pybind11-dev\nor set pybind11_ROOT to where it is.")
endif()
message(STATUS "entrospect: pybind11 ${pybind11_VERSION} (${pybind11_DIR}), Python ${Python_VERSION} (${Python_EXECUTABLE})")

set(package ${CMAKE_CURRENT_SOURCE_DIR}/bindings/python/entrospect)
set(build_package ${CMAKE_CURRENT_BINARY_DIR}/python/entrospect)
file(GLOB python_sources CONFIGURE_DEPENDS bindings/python/*.cpp)
file(GLOB package_files RELATIVE ${package} CONFIGURE_DEPENDS ${package}/*.py ${package}/*.pyi ${package}/*.json ${package}/py.typed)

pybind11_add_module(entrospect_python NO_EXTRAS ${python_sources})
target_link_libraries(entrospect_python PRIVATE entrospect_io)
target_compile_definitions(entrospect_python PRIVATE ENTROSPECT_VERSION="${PROJECT_VERSION}")
set_target_properties(entrospect_python PROPERTIES OUTPUT_NAME _core LIBRARY_OUTPUT_DIRECTORY ${build_package})

file(MAKE_DIRECTORY ${build_package})
foreach(file IN LISTS package_files)
  file(CREATE_LINK ${package}/${file} ${build_package}/${file} SYMBOLIC)
endforeach()

if(SKBUILD)
  # The sources of the package are wheel.packages in pyproject.toml.
  install(TARGETS entrospect_python DESTINATION entrospect COMPONENT python)
  if(TARGET entrospect_cli)
    install(TARGETS entrospect_cli DESTINATION ${SKBUILD_SCRIPTS_DIR} COMPONENT python)
  endif()
endif()
