#include "entrospect/bindings/python/convert.hpp"

#include "entrospect/core/errors.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

std::optional<double> as_number(const OptionValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

}  // namespace

py::object to_python(const OptionValue& value) {
  return std::visit([](const auto& v) -> py::object { return py::cast(v); }, value);
}

py::dict to_python(const OptionMap& options) {
  py::dict out;
  for (const auto& [name, value] : options) {
    const auto* text = std::get_if<std::string>(&value);
    out[py::str(name)] = text != nullptr ? text_or_none(*text) : to_python(value);
  }
  return out;
}

OptionValue to_option_value(py::handle object, const std::string& what) {
  PyObject* raw = object.ptr();
  if (PyBool_Check(raw)) return raw == Py_True;
  if (PyFloat_Check(raw)) return PyFloat_AS_DOUBLE(raw);
  if (PyUnicode_Check(raw)) return py::cast<std::string>(object);
  const std::string type = Py_TYPE(raw)->tp_name;
  if (type == "numpy.bool_" || type == "numpy.bool") return PyObject_IsTrue(raw) == 1;
  if (PyIndex_Check(raw)) {
    const long long whole = PyLong_AsLongLong(py::reinterpret_steal<py::object>(PyNumber_Index(raw)).ptr());
    if (whole == -1 && PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      throw InvalidArgument(what + " = " + std::string(py::str(object)) + " does not fit in 64 bits");
    }
    return static_cast<std::int64_t>(whole);
  }
  if (PyNumber_Check(raw) && PyObject_HasAttrString(raw, "__float__") != 0) {
    const double real = PyFloat_AsDouble(raw);
    if (PyErr_Occurred() == nullptr) return real;
    PyErr_Clear();
  }
  throw WrongType(what + " is a " + type + "; write a number, a text, True or False");
}

OptionMap to_options(const py::dict& options) {
  OptionMap out;
  for (const auto& [key, value] : options) {
    const auto name = py::cast<std::string>(key);
    out.emplace_back(name, to_option_value(value, name));
  }
  return out;
}

bool same_value(const OptionValue& a, const OptionValue& b) {
  const auto x = as_number(a), y = as_number(b);
  return x && y ? *x == *y : a == b;
}

py::object text_or_none(const std::string& text) { return text.empty() ? py::object(py::none()) : py::object(py::str(text)); }

}  // namespace entrospect::python
