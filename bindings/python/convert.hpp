#pragma once
// Option and diagnostic values to and from Python.

#include <pybind11/pybind11.h>

#include <string>

#include "entrospect/core/diagnostics.hpp"
#include "entrospect/core/options.hpp"

namespace entrospect::python {

pybind11::object to_python(const OptionValue& value);
pybind11::dict to_python(const OptionMap& options);  // an empty text becomes None

// bool, int, float, str and whatever converts losslessly (NumPy scalars). `what` names the argument in messages.
OptionValue to_option_value(pybind11::handle object, const std::string& what);
OptionMap to_options(const pybind11::dict& options);  // each value named after its option

// 1 and 1.0 are the same number; a bool is never a number.
bool same_value(const OptionValue& a, const OptionValue& b);

// Empty text becomes None.
pybind11::object text_or_none(const std::string& text);

}  // namespace entrospect::python
