#pragma once
// Tensors in files, opened lazily: en.open(path) hands out FileTensor objects, and every function that takes samples takes them.

#include <pybind11/pybind11.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"
#include "entrospect/bindings/python/arrays.hpp"

namespace entrospect::python {

class FileTensor {
 public:
  FileTensor(std::shared_ptr<const io::TensorFile> file, std::size_t index) : file_(std::move(file)), index_(index) {}

  [[nodiscard]] const io::TensorInfo& info() const { return file_->tensors()[index_]; }
  [[nodiscard]] const std::shared_ptr<const io::TensorFile>& file() const { return file_; }
  [[nodiscard]] std::size_t index() const { return index_; }

  // Streamed from disk when the layout allows it, else read into memory that the view owns.
  [[nodiscard]] SampleMatrix samples(bool as_column, Notes& notes) const;
  [[nodiscard]] Labels labels() const { return file_->labels(index_); }
  [[nodiscard]] std::vector<double> numbers() const { return file_->numbers(index_); }

 private:
  std::shared_ptr<const io::TensorFile> file_;
  std::size_t index_;
};

// Null when `object` is not a FileTensor.
const FileTensor* as_file_tensor(pybind11::handle object);

}  // namespace entrospect::python
