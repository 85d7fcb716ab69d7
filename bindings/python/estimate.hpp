#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace entrospect::python {

// A row of schema v1 as a dict: what results.jsonl holds, with NaN (not None) for a value that is not finite.
pybind11::dict to_row(const std::string& json);

}  // namespace entrospect::python
