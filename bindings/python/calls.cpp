#include "entrospect/bindings/python/calls.hpp"

#include "entrospect/bindings/io/tensors.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

// Exception types live as long as the interpreter; the module owns a reference too.
PyObject* estimate_error = nullptr;
PyObject* estimate_warning = nullptr;
PyObject* file_error = nullptr;

PyObject* new_exception(py::module_& m, const char* name, const char* doc, PyObject* base) {
  PyObject* type = PyErr_NewExceptionWithDoc(("entrospect." + std::string(name)).c_str(), doc, base, nullptr);
  if (type == nullptr) throw py::error_already_set();
  m.add_object(name, py::reinterpret_borrow<py::object>(type));
  return type;
}

}  // namespace

OnFailure to_on_failure(const std::string& text) {
  if (text == "raise") return OnFailure::raise;
  if (text == "warn") return OnFailure::warn;
  if (text == "ignore") return OnFailure::ignore;
  throw InvalidArgument("on_failure = '" + text + "'; allowed: 'raise', 'warn', 'ignore'");
}

unsigned to_threads(py::handle threads) {
  if (threads.is_none()) return 0;
  if (!PyLong_Check(threads.ptr()) || PyBool_Check(threads.ptr()))
    throw WrongType("threads = " + std::string(py::repr(threads)) +
                    "; write a whole number >= 1, or None for all that this process may use");
  const long count = PyLong_AsLong(threads.ptr());
  if (count < 1 || count > 4096) {
    PyErr_Clear();
    throw InvalidArgument("threads = " + std::string(py::repr(threads)) +
                          "; allowed: 1 to 4096, or None for all that this process may use");
  }
  return static_cast<unsigned>(count);
}

void report_status(const Estimate& estimate, OnFailure on_failure, int frames) {
  if (estimate.ok() || on_failure == OnFailure::ignore) return;
  std::string message = estimate.estimator + ": " + std::string(name(estimate.status));
  if (!estimate.reason.empty()) message += ": " + estimate.reason;
  if (on_failure == OnFailure::warn) {
    if (PyErr_WarnEx(estimate_warning, message.c_str(), frames) != 0) throw py::error_already_set();
    return;
  }
  const py::object error = py::reinterpret_borrow<py::object>(estimate_error)(message + "\n" + std::string(advice(estimate.status)));
  error.attr("estimate") = py::cast(estimate);
  PyErr_SetObject(estimate_error, error.ptr());
  throw py::error_already_set();
}

Call::Call(const py::object& threads, py::object progress) : progress_(std::move(progress)) {
  if (py::isinstance<py::bool_>(progress_)) {
    const bool wanted = py::cast<bool>(progress_);
    progress_ = wanted ? py::module_::import("entrospect._progress").attr("Bar")() : py::object(py::none());
  }
  if (!progress_.is_none() && PyCallable_Check(progress_.ptr()) == 0)
    throw WrongType("progress = " + std::string(py::repr(progress_)) + "; write a function of (stage, done), True or None");
  context_.threads = to_threads(threads);
  context_.cancel = &cancel_;
  cancel_.poll = [this] { return poll(); };
  if (!progress_.is_none()) context_.progress = [this](std::string_view stage, double done) { report(stage, done); };
}

bool Call::poll() {
  const py::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() == 0) return false;
  reason_ = std::make_exception_ptr(py::error_already_set());
  return true;
}

void Call::report(std::string_view stage, double done) {
  const py::gil_scoped_acquire gil;
  try {
    progress_(py::str(stage.data(), stage.size()), done);
  } catch (const py::error_already_set&) {
    reason_ = std::current_exception();
    cancel_.request();
  }
}

void Call::raise_reason() {
  if (reason_) std::rethrow_exception(reason_);
  PyErr_SetNone(PyExc_KeyboardInterrupt);
  throw py::error_already_set();
}

void bind_errors(py::module_& m) {
  estimate_error = new_exception(m, "EstimateError", "A status that is not ok, under on_failure='raise'. The result is in .estimate.",
                                 PyExc_RuntimeError);
  estimate_warning = new_exception(m, "EstimateWarning", "A status that is not ok, under on_failure='warn'.", PyExc_UserWarning);
  file_error =
      new_exception(m, "FileError", "A file that cannot be read: names file, tensor, offset, what was expected and found, and the remedy.",
                    PyExc_OSError);
  // pybind11 wants the pointer by value.
  py::register_exception_translator([](std::exception_ptr p) {  // NOLINT(performance-unnecessary-value-param)
    try {
      if (p) std::rethrow_exception(p);
    } catch (const WrongType& e) {
      PyErr_SetString(PyExc_TypeError, e.what());
    } catch (const InvalidArgument& e) {
      PyErr_SetString(PyExc_ValueError, e.what());
    } catch (const io::FileError& e) {
      PyErr_SetString(file_error, e.what());
    }
  });
}

}  // namespace entrospect::python
