# The public headers, and entrospect/entrospect.hpp which includes all but the file readers. Headers in a folder called detail are private
# to the library.
set(public_headers "")
foreach(folder core spectral estimators bindings/io)
  file(GLOB_RECURSE headers RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${folder}/*.hpp)
  list(FILTER headers EXCLUDE REGEX "/detail/")
  list(APPEND public_headers ${headers})
endforeach()

set(umbrella "#pragma once
// Everything for C++ users but the file readers: samples in, estimates out. Written by the build.
//
//   const entrospect::SampleMatrix x(data, n, d);  // no copy; f16, bf16, f32, f64 and any strides as well
//   const entrospect::Estimate e = entrospect::effective_rank(x);
//   std::puts(e.explain().c_str());

")
foreach(header IN LISTS public_headers)
  if(header MATCHES "^bindings/")
    continue()
  endif()
  string(APPEND umbrella "#include \"entrospect/${header}\"\n")
endforeach()
file(CONFIGURE OUTPUT ${include_root}/entrospect/entrospect.hpp CONTENT "${umbrella}")
