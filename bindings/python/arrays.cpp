#include "entrospect/bindings/python/arrays.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <memory>
#include <optional>

#include "entrospect/bindings/python/dlpack.hpp"
#include "entrospect/bindings/python/files.hpp"
#include "entrospect/core/errors.hpp"

namespace py = pybind11;

namespace entrospect::python {

bool on_device(const py::object& source) {
  if (!py::hasattr(source, "__dlpack_device__")) return false;
  const auto device = py::cast<std::pair<int, int>>(source.attr("__dlpack_device__")());
  return device.first != dlpack::cpu && device.first != dlpack::cuda_host && device.first != dlpack::rocm_host;
}

std::string shape_text(const std::vector<std::ptrdiff_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

namespace {

// Keeps `object` alive. The last owner may go away on any thread, hence the GIL.
std::shared_ptr<const void> keep(py::object object) {
  PyObject* raw = object.release().ptr();
  return {raw, [](const void* p) {
            const py::gil_scoped_acquire gil;
            Py_DECREF(static_cast<PyObject*>(const_cast<void*>(p)));
          }};
}

std::string type_name(py::handle object) { return py::str(py::type::handle_of(object).attr("__qualname__")); }

[[noreturn]] void refuse_type(const std::string& name, const std::string& found, const std::string& cast) {
  throw WrongType(name + " has element type " + found + "; samples are float16, bfloat16, float32 or float64. Write " + cast);
}

// The cast to write for an element type that is not a sample type.
[[noreturn]] void refuse_dtype(const py::dtype& dtype, const std::string& name) {
  const std::string found = py::str(dtype.attr("name"));
  switch (dtype.kind()) {
    case 'c':
      refuse_type(name, found, name + ".real or numpy.abs(" + name + "), whichever is meant");
    case 'O':
      refuse_type(name, "object", "numpy.asarray(" + name + ", dtype=float)");
    case 'S':
    case 'U':
      refuse_type(name, "text", name + ".astype(numpy.float64) if the texts are numbers");
    case 'V':
      if (!py::isinstance<py::none>(dtype.attr("names"))) refuse_type(name, "structured", "the field that is meant: " + name + "['field']");
      if (found == "void16") refuse_type(name, found, name + ".view(ml_dtypes.bfloat16) if these are bfloat16 values");
      [[fallthrough]];
    default:
      refuse_type(name, found, name + ".astype(numpy.float64)");
  }
}

std::optional<DType> sample_dtype(const py::dtype& dtype) {
  if (dtype.kind() == 'f') {
    switch (dtype.itemsize()) {
      case 2:
        return DType::f16;
      case 4:
        return DType::f32;
      case 8:
        return DType::f64;
      default:
        return std::nullopt;
    }
  }
  if (dtype.itemsize() == 2 && std::string(py::str(dtype.attr("name"))) == "bfloat16") return DType::bf16;
  return std::nullopt;
}

constexpr char foreign_byte_order = std::endian::native == std::endian::little ? '>' : '<';

// NumPy writes '=' for the native order, so any of the two explicit marks that is not native is foreign.
bool is_byte_swapped(const py::dtype& dtype) { return dtype.byteorder() == foreign_byte_order; }

Block from_numpy(py::array array, Notes& notes, const std::string& name) {
  if (py::hasattr(array, "mask") && py::isinstance(array, py::module_::import("numpy.ma").attr("MaskedArray")))
    throw WrongType(
        name + " is a masked array, and masked entries have no meaning as samples. Drop the rows that are masked: numpy.ma.compress_rows(" +
        name + "), or fill them: " + name + ".filled(value)");
  const py::dtype dtype = array.dtype();
  const std::optional<DType> type = sample_dtype(dtype);
  if (!type) refuse_dtype(dtype, name);
  if (is_byte_swapped(dtype)) {
    array = py::array(array.attr("astype")(dtype.attr("newbyteorder")("=")));
    notes.emplace_back("byte_swapped", true);
    notes.emplace_back("copied", std::string("byte order"));
  }
  Block block{array.data(), *type, {}, {}, nullptr};
  block.shape.assign(array.shape(), array.shape() + array.ndim());
  block.strides.assign(array.strides(), array.strides() + array.ndim());
  block.owner = keep(std::move(array));
  return block;
}

DType dlpack_dtype(dlpack::DataType type, const std::string& name) {
  if (type.lanes == 1) {
    if (type.code == dlpack::bfloat && type.bits == 16) return DType::bf16;
    if (type.code == dlpack::floating) {
      if (type.bits == 16) return DType::f16;
      if (type.bits == 32) return DType::f32;
      if (type.bits == 64) return DType::f64;
    }
  }
  const char* kind = "DLPack type code ";
  switch (type.code) {
    case dlpack::integer:
      refuse_type(name, "int" + std::to_string(type.bits), name + ".to(torch.float64), or the like of its library");
    case dlpack::unsigned_integer:
      refuse_type(name, "uint" + std::to_string(type.bits), name + ".to(torch.float64), or the like of its library");
    case dlpack::boolean:
      refuse_type(name, "bool", name + ".to(torch.float64), or the like of its library");
    case dlpack::complex:
      refuse_type(name, "complex" + std::to_string(type.bits), name + ".real or " + name + ".abs(), whichever is meant");
    default:
      refuse_type(name, kind + std::to_string(type.code) + " with " + std::to_string(type.bits) + " bits",
                  name + ".to(torch.float32), or the like of its library");
  }
}

template <class Managed>
Block from_managed(Managed* managed, const std::string& name) {
  const std::shared_ptr<const void> owner(managed, [](const void* p) {
    const py::gil_scoped_acquire gil;
    auto* self = static_cast<Managed*>(const_cast<void*>(p));
    if (self->deleter != nullptr) self->deleter(self);
  });
  const dlpack::Tensor& tensor = managed->tensor;
  Block block{static_cast<const std::byte*>(tensor.data) + tensor.byte_offset, dlpack_dtype(tensor.dtype, name), {}, {}, owner};
  const auto item = static_cast<std::ptrdiff_t>(size_of(block.dtype));
  block.shape.assign(tensor.shape, tensor.shape + tensor.ndim);
  if (tensor.strides != nullptr) {
    for (std::int32_t i = 0; i < tensor.ndim; ++i) block.strides.push_back(item * tensor.strides[i]);
  } else {
    block.strides.assign(block.shape.size(), item);
    for (std::size_t i = block.shape.size(); i-- > 1;) block.strides[i - 1] = block.strides[i] * block.shape[i];
  }
  return block;
}

Block from_capsule(const py::object& object, Notes& notes, const std::string& name) {
  PyObject* capsule = object.ptr();
  if (PyCapsule_IsValid(capsule, "dltensor_versioned")) {
    auto* managed = static_cast<dlpack::ManagedTensorVersioned*>(PyCapsule_GetPointer(capsule, "dltensor_versioned"));
    if (managed->major != 1)
      throw WrongType(name + " speaks DLPack " + std::to_string(managed->major) + "." + std::to_string(managed->minor) +
                      "; version 1 and the unversioned form are understood");
    PyCapsule_SetName(capsule, "used_dltensor_versioned");
    if ((managed->flags & dlpack::is_copied) != 0) notes.emplace_back("copied", std::string("by the exporting library"));
    return from_managed(managed, name);
  }
  if (PyCapsule_IsValid(capsule, "dltensor")) {
    auto* managed = static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(capsule, "dltensor"));
    PyCapsule_SetName(capsule, "used_dltensor");
    return from_managed(managed, name);
  }
  throw WrongType(name + ".__dlpack__() did not return an unused DLPack capsule");
}

// The versioned protocol first; producers from before it do not know the keyword.
py::object export_dlpack(const py::object& source) {
  try {
    return source.attr("__dlpack__")(py::arg("max_version") = py::make_tuple(1, 0));
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_TypeError)) throw;
  }
  return source.attr("__dlpack__")();
}

bool truthy_method(const py::object& source, const char* method) {
  return py::hasattr(source, method) && py::cast<bool>(source.attr(method)());
}

std::vector<std::size_t> kept_rows(const std::vector<std::uint8_t>& mask) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i] != 0) rows.push_back(i);
  return rows;
}

// Rows are selected on the device, so that only those travel.
py::object copy_from_device(py::object source, IntakeOptions& options, Notes& notes) {
  if (!options.mask.empty()) {
    source = source[py::cast(kept_rows(options.mask))];
    options.mask.clear();
  }
  py::object host;
  if (py::hasattr(source, "cpu")) {
    host = source.attr("cpu")();  // torch
  } else if (py::hasattr(source, "get")) {
    host = source.attr("get")();  // CuPy
  } else {
    host = py::module_::import("numpy").attr("asarray")(source);  // JAX
  }
  notes.emplace_back("device_bytes_copied", py::cast<std::int64_t>(host.attr("nbytes")));
  return host;
}

Block from_array(py::object source, IntakeOptions& options, Notes& notes, const std::string& name);

Block from_dlpack(py::object source, IntakeOptions& options, Notes& notes, const std::string& name) {
  if (py::hasattr(source, "requires_grad") && py::cast<bool>(source.attr("requires_grad"))) {
    source = source.attr("detach")();
    notes.emplace_back("detached", true);
  }
  if (truthy_method(source, "is_neg")) {
    source = source.attr("resolve_neg")();
    notes.emplace_back("copied", std::string("lazy negation"));
  }
  if (on_device(source)) {
    const std::string device = py::hasattr(source, "device") ? std::string(py::str(source.attr("device"))) : "another device";
    if (!options.copy_from_device)
      throw InvalidArgument(name + " lies on " + device + "; pass device=\"copy\" to copy it to the host" +
                            (options.mask.empty() ? "" : " (only the rows that the mask keeps)"));
    return from_array(copy_from_device(std::move(source), options, notes), options, notes, name);
  }
  return from_capsule(export_dlpack(source), notes, name);
}

// memoryview, array.array and others that only know the buffer protocol.
Block from_buffer(const py::object& source, const std::string& name) {
  auto view = std::make_unique<Py_buffer>();
  if (PyObject_GetBuffer(source.ptr(), view.get(), PyBUF_FULL_RO) != 0) throw py::error_already_set();
  Py_buffer* raw = view.release();
  const std::shared_ptr<const void> owner(raw, [](const void* p) {
    const py::gil_scoped_acquire gil;
    const std::unique_ptr<Py_buffer> last(static_cast<Py_buffer*>(const_cast<void*>(p)));
    PyBuffer_Release(last.get());
  });
  std::string format = raw->format != nullptr ? raw->format : "B";
  if (!format.empty() && (format[0] == '@' || format[0] == '=' || format[0] == (foreign_byte_order == '>' ? '<' : '>'))) format.erase(0, 1);
  Block block{raw->buf, DType::f64, {}, {}, owner};
  if (format == "e") {
    block.dtype = DType::f16;
  } else if (format == "f") {
    block.dtype = DType::f32;
  } else if (format != "d") {
    refuse_type(name, "'" + format + "' (buffer format)", "numpy.asarray(" + name + ").astype(numpy.float64)");
  }
  block.shape.assign(raw->shape, raw->shape + raw->ndim);
  block.strides.assign(raw->strides, raw->strides + raw->ndim);
  return block;
}

Block from_array(py::object source, IntakeOptions& options, Notes& notes, const std::string& name) {
  if (py::isinstance<py::array>(source)) return from_numpy(py::reinterpret_borrow<py::array>(source), notes, name);
  if (py::hasattr(source, "__dlpack__") && py::hasattr(source, "__dlpack_device__"))
    return from_dlpack(std::move(source), options, notes, name);
  if (py::hasattr(source, "to_numpy")) throw WrongType(name + " is a " + type_name(source) + "; pass its values: " + name + ".to_numpy()");
  if (PyObject_CheckBuffer(source.ptr()) != 0 && !PyBytes_Check(source.ptr()) && !PyByteArray_Check(source.ptr()))
    return from_buffer(source, name);
  throw WrongType(name + " is a " + type_name(source) +
                  "; samples are a 2-d array (NumPy, or anything with __dlpack__ or the buffer protocol). Write numpy.asarray(" + name +
                  ", dtype=float) if it holds numbers");
}

void require_two_axes(Block& block, const IntakeOptions& options, const std::string& name) {
  if (block.shape.size() == 1) {
    if (!options.as_column)
      throw InvalidArgument(name + " has shape " + shape_text(block.shape) + "; samples are n x d. Write " + name +
                            "[:, None] or pass as_column=True if these are n samples of one feature, " + name +
                            "[None, :] if this is one sample");
    block.shape.push_back(1);
    block.strides.push_back(static_cast<std::ptrdiff_t>(size_of(block.dtype)));
  }
  if (block.shape.size() != 2)
    throw InvalidArgument(
        name + " has shape " + shape_text(block.shape) + "; samples are n x d" +
        (block.shape.size() > 2 ? ". Flatten the leading axes: " + name + ".reshape(-1, " + std::to_string(block.shape.back()) + ")" : "") +
        (block.shape.size() == 3   ? "; layers() takes (prompts, positions, features) with per=\"prompt\", \"dataset\" or \"token\""
         : block.shape.size() == 4 ? "; to_rows() makes samples of convolutional maps, attention() takes attention heads"
                                   : ""));
}

// An axis of length 1 may carry any stride: it is never walked.
bool unit_stride(const Block& block, std::size_t axis) {
  return block.shape[axis] <= 1 || std::abs(block.strides[axis]) == static_cast<std::ptrdiff_t>(size_of(block.dtype));
}

void pack(Block& block) {
  const std::size_t item = size_of(block.dtype);
  const auto n = static_cast<std::size_t>(block.shape[0]), d = static_cast<std::size_t>(block.shape[1]);
  const std::shared_ptr<std::byte[]> packed(new std::byte[n * d * item]);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j)
      std::copy_n(static_cast<const std::byte*>(block.data) + static_cast<std::ptrdiff_t>(i) * block.strides[0] +
                      static_cast<std::ptrdiff_t>(j) * block.strides[1],
                  item, packed.get() + (i * d + j) * item);
  block.data = packed.get();
  block.strides = {static_cast<std::ptrdiff_t>(d * item), static_cast<std::ptrdiff_t>(item)};
  block.owner = packed;
}

py::array as_vector(py::handle source, const char* name) {
  const py::object array = py::module_::import("numpy").attr("asarray")(source);
  py::array vector(array);
  if (vector.ndim() != 1)
    throw InvalidArgument(std::string(name) + " must be 1-d, one entry per row; it has " + std::to_string(vector.ndim()) + " axes" +
                          (vector.ndim() == 2 ? ". Write " + std::string(name) + ".ravel() if one of them has length 1" : ""));
  return vector;
}

template <class T>
std::vector<T> values_of(const py::array& vector) {
  const py::array_t<T, py::array::c_style | py::array::forcecast> packed(vector);
  return {packed.data(), packed.data() + packed.size()};
}

Labels all_labels(py::handle source) {
  if (const FileTensor* tensor = as_file_tensor(source)) return tensor->labels();
  py::array vector = as_vector(source, "labels");
  switch (vector.dtype().kind()) {
    case 'b':
    case 'i':
      return Labels(values_of<std::int64_t>(vector));
    case 'u':
      if (vector.dtype().itemsize() == 8)
        for (const std::uint64_t value : values_of<std::uint64_t>(vector))
          if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            throw InvalidArgument("label " + std::to_string(value) + " does not fit in 63 bits");
      return Labels(values_of<std::int64_t>(vector));
    case 'f':
      return Labels(values_of<double>(vector));
    case 'S':
      vector = py::array(py::module_::import("numpy").attr("char").attr("decode")(vector, "utf-8"));
      break;
    case 'U':
    case 'T':
      break;
    case 'O': {
      // Lists of mixed things arrive as objects; only texts are meant here, numbers would have had a type of their own.
      for (const py::handle item : vector)
        if (!py::isinstance<py::str>(item))
          throw WrongType("labels of type " + type_name(item) + "; write whole numbers, texts or floats of one type");
      break;
    }
    default:
      throw WrongType("labels have element type " + std::string(py::str(vector.dtype().attr("name"))) +
                      "; write whole numbers, booleans, texts or floats");
  }
  std::vector<std::string> texts;
  texts.reserve(static_cast<std::size_t>(vector.size()));
  for (const py::handle item : vector) texts.push_back(py::str(item));
  return Labels(std::move(texts));
}

std::vector<double> all_weights(py::handle source) {
  if (const FileTensor* tensor = as_file_tensor(source)) return tensor->numbers();
  const py::array vector = as_vector(source, "weights");
  const char kind = vector.dtype().kind();
  if (kind != 'f' && kind != 'i' && kind != 'u')
    throw WrongType("weights have element type " + std::string(py::str(vector.dtype().attr("name"))) + "; write numbers");
  return values_of<double>(vector);
}

void require_mask_length(const std::vector<std::uint8_t>& mask, std::size_t rows, const std::string& name) {
  if (mask.size() != rows)
    throw InvalidArgument("mask has " + std::to_string(mask.size()) + " entries; " + name + " has " + std::to_string(rows) + " rows");
}

}  // namespace

Block to_block(const py::object& source, const IntakeOptions& given, Notes& notes, const std::string& name) {
  IntakeOptions options = given;
  return from_array(source, options, notes, name);
}

Intake to_samples(py::handle source, const IntakeOptions& given, const std::string& name) {
  IntakeOptions options = given;
  Notes notes;
  std::optional<SampleMatrix> x;
  if (const FileTensor* tensor = as_file_tensor(source)) {
    x = tensor->samples(options.as_column, notes);
  } else {
    Block block = from_array(py::reinterpret_borrow<py::object>(source), options, notes, name);
    require_two_axes(block, options, name);
    if (!unit_stride(block, 0) && !unit_stride(block, 1)) {
      pack(block);
      notes.emplace_back("copied", std::string("strides"));
    }
    x.emplace(block.data, block.dtype, static_cast<std::size_t>(block.shape[0]), static_cast<std::size_t>(block.shape[1]), block.strides[0],
              block.strides[1], block.owner);
  }
  if (!options.mask.empty()) {
    require_mask_length(options.mask, x->n(), name);
    notes.emplace_back("rows_masked", static_cast<std::int64_t>(std::count(options.mask.begin(), options.mask.end(), 0)));
    x = x->where(options.mask);
  }
  return {*x, std::move(notes)};
}

Labels to_labels(py::handle source, const std::vector<std::uint8_t>& mask) {
  Labels labels = all_labels(source);
  if (mask.empty()) return labels;
  require_mask_length(mask, labels.n(), "labels");
  return labels.select(kept_rows(mask));
}

std::vector<double> to_weights(py::handle source, const std::vector<std::uint8_t>& mask) {
  std::vector<double> weights = all_weights(source);
  if (mask.empty()) return weights;
  require_mask_length(mask, weights.size(), "weights");
  std::vector<double> kept;
  for (const std::size_t row : kept_rows(mask)) kept.push_back(weights[row]);
  return kept;
}

std::vector<std::uint8_t> to_mask(py::handle source) {
  const py::array vector = as_vector(source, "mask");
  const char kind = vector.dtype().kind();
  if (kind != 'b' && kind != 'i' && kind != 'u')
    throw WrongType("mask has element type " + std::string(py::str(vector.dtype().attr("name"))) +
                    "; write booleans or whole numbers, nonzero = keep");
  std::vector<std::uint8_t> mask;
  for (const std::int64_t value : values_of<std::int64_t>(vector)) mask.push_back(value != 0);
  if (mask.empty()) throw InvalidArgument("mask is empty; it needs one entry per row");
  return mask;
}

}  // namespace entrospect::python
