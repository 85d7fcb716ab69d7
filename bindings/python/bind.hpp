#pragma once
// The parts of the extension module, in the order in which module.cpp lists them.

#include <pybind11/pybind11.h>

namespace entrospect::python {

void bind_errors(pybind11::module_& m);
void bind_estimate(pybind11::module_& m);
void bind_files(pybind11::module_& m);
void bind_spectrum(pybind11::module_& m);
void bind_matrices(pybind11::module_& m);
void bind_catalogue(pybind11::module_& m);
void bind_layers(pybind11::module_& m);
void bind_attention(pybind11::module_& m);
void bind_forms(pybind11::module_& m);
void bind_system(pybind11::module_& m);

}  // namespace entrospect::python
