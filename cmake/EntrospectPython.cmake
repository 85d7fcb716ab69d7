# The Python module. The build tree gets an importable build/python/entrospect (links to the sources beside the compiled _core); a wheel
# gets the package, the compiled module and the command.
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
