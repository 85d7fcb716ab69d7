#pragma once
// Python arrays as samples, labels and weights. Arrays are classified before anything is read: memory is used where it lies whenever one
// axis has unit stride, every copy is recorded, and nothing is cast silently.

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entrospect/core/diagnostics.hpp"
#include "entrospect/core/labels.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect::python {

using Notes = std::vector<std::pair<std::string, DiagnosticValue>>;

struct Intake {
  SampleMatrix x;  // its owner keeps the array alive; releasing it takes the GIL
  Notes notes;     // what was done on the way in: copied, byte_swapped, detached, device_bytes_copied
};

struct IntakeOptions {
  bool as_column = false;          // accept a 1-d array as n x 1
  bool copy_from_device = false;   // device="copy"
  std::vector<std::uint8_t> mask;  // rows to keep (nonzero); empty: all
};

// The memory of one array, of any number of axes. Strides in bytes.
struct Block {
  const void* data = nullptr;
  DType dtype = DType::f64;
  std::vector<std::ptrdiff_t> shape, strides;
  std::shared_ptr<const void> owner;
};

// `name` is the argument's name, for messages.
Block to_block(const pybind11::object& source, const IntakeOptions& options, Notes& notes, const std::string& name);
std::string shape_text(const std::vector<std::ptrdiff_t>& shape);
bool on_device(const pybind11::object& source);  // in memory that the host cannot read

Intake to_samples(pybind11::handle source, const IntakeOptions& options, const std::string& name);

std::vector<std::uint8_t> to_mask(pybind11::handle source);

// Whole numbers, booleans and texts are classes; floating-point labels stay real. A mask, if not empty, keeps its rows.
Labels to_labels(pybind11::handle source, const std::vector<std::uint8_t>& mask = {});
std::vector<double> to_weights(pybind11::handle source, const std::vector<std::uint8_t>& mask = {});

}  // namespace entrospect::python
