#include "entrospect/bindings/python/files.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

py::tuple shape_of(const io::TensorInfo& info) { return py::tuple(py::cast(info.shape)); }

// The values as float64, whatever the file holds: for plots and spot checks, not for estimators.
py::array_t<double> to_numpy(const FileTensor& tensor) {
  if (tensor.info().shape.size() == 1) {
    const std::vector<double> numbers = tensor.numbers();
    return py::array_t<double>(static_cast<py::ssize_t>(numbers.size()), numbers.data());
  }
  Notes ignored;
  const SampleMatrix x = tensor.samples(false, ignored);
  py::array_t<double> out({x.n(), x.d()});
  double* data = out.mutable_data();
  {
    const py::gil_scoped_release release;
    RowLoader(x).load(0, x.n(), data, x.d());
  }
  return out;
}

std::string text(const FileTensor& tensor) {
  const io::TensorInfo& info = tensor.info();
  std::string out = "<Tensor '" + info.name + "' " + info.dtype + " " + std::string(py::str(shape_of(info)));
  return out + " in " + info.file.string() + (info.problem.empty() ? "" : "; " + info.problem) + ">";
}

std::vector<FileTensor> open_file(const std::filesystem::path& path, const std::string& dtype, bool lenient, const std::string& unfold) {
  io::ReadOptions options;
  options.dtype = dtype;
  options.lenient = lenient;
  options.unfold = io::unfold_from(unfold);
  const std::shared_ptr<const io::TensorFile> file = io::open(path, options);
  std::vector<FileTensor> tensors;
  for (std::size_t i = 0; i < file->tensors().size(); ++i) tensors.emplace_back(file, i);
  return tensors;
}

}  // namespace

SampleMatrix FileTensor::samples(bool as_column, Notes& notes) const {
  if (info().byte_swapped) notes.emplace_back("byte_swapped", true);
  if (as_column && info().shape.size() == 1) {
    const auto column = std::make_shared<const std::vector<double>>(numbers());
    const std::ptrdiff_t item = sizeof(double);
    return {column->data(), DType::f64, column->size(), 1, item, item, column};
  }
  return file_->samples(index_, false);
}

const FileTensor* as_file_tensor(py::handle object) {
  return py::isinstance<FileTensor>(object) ? py::cast<const FileTensor*>(object) : nullptr;
}

void bind_files(py::module_& m) {
  py::class_<FileTensor>(m, "Tensor", "A tensor in a file. Nothing is read until an estimator, labels() or numpy() asks for it.")
      .def_property_readonly(
          "name", [](const FileTensor& t) { return t.info().name; }, "str: name within its file")
      .def_property_readonly(
          "file", [](const FileTensor& t) { return t.info().file.string(); }, "str: the file that holds the bytes")
      .def_property_readonly(
          "dtype", [](const FileTensor& t) { return t.info().dtype; }, "str: element type as the format spells it")
      .def_property_readonly(
          "shape", [](const FileTensor& t) { return shape_of(t.info()); }, "tuple[int, ...]: shape")
      .def_property_readonly(
          "problem",
          [](const FileTensor& t) -> py::object { return t.info().problem.empty() ? py::none() : py::object(py::str(t.info().problem)); },
          "str | None: why this tensor cannot be samples; None when it can")
      .def("numpy", &to_numpy, "numpy(self) -> npt.NDArray[np.float64]\n\nThe values as float64.")
      .def("__repr__", &text, "__repr__(self) -> str");

  m.def("open_file", &open_file, py::arg("path"), py::arg("dtype") = "", py::arg("lenient") = false, py::arg("unfold") = "none",
        "open_file(path: str | os.PathLike[str], dtype: str = '', lenient: bool = False, unfold: str = 'none') -> list[Tensor]\n\n"
        "The tensors of one file.");
}

}  // namespace entrospect::python
