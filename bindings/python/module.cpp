// The extension module entrospect._core: a table of contents.

#include <pybind11/pybind11.h>

#include "entrospect/bindings/python/bind.hpp"

PYBIND11_MODULE(_core, m) {
  // The first line of each docstring is the signature that bindings/tools/generate.py copies into _core.pyi.
  pybind11::options options;
  options.disable_function_signatures();
  m.doc() = "Compiled part of entrospect. Use the package, not this module.";

  entrospect::python::bind_errors(m);
  entrospect::python::bind_estimate(m);
  entrospect::python::bind_files(m);
  entrospect::python::bind_spectrum(m);
  entrospect::python::bind_matrices(m);
  entrospect::python::bind_catalogue(m);
  entrospect::python::bind_layers(m);
  entrospect::python::bind_attention(m);
  entrospect::python::bind_forms(m);
  entrospect::python::bind_system(m);
}
