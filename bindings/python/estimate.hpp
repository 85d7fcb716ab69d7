#pragma once

#include <pybind11/pybind11.h>

#include "entrospect/bindings/io/json.hpp"
#include "entrospect/core/estimate.hpp"

namespace entrospect::python {

// The row of schema v1 as a dict: what results.jsonl holds, with NaN (not None) for a value that is not finite.
pybind11::dict to_row(const Estimate& estimate, const io::RowOrigin& origin = {});


}  // namespace entrospect::python
