# The public headers, and entrospect/entrospect.hpp which includes them all. Headers in a folder called detail are private to the library.
set(public_headers "")
foreach(folder core spectral estimators bindings/io)
  file(GLOB_RECURSE headers RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${folder}/*.hpp)
  list(FILTER headers EXCLUDE REGEX "/detail/")
  list(APPEND public_headers ${headers})
endforeach()

set(umbrella "#pragma once\n// Every public header of entrospect; written by the build.\n\n")
foreach(header IN LISTS public_headers)
  string(APPEND umbrella "#include \"entrospect/${header}\"\n")
endforeach()
file(CONFIGURE OUTPUT ${include_root}/entrospect/entrospect.hpp CONTENT "${umbrella}")
