// The matrices behind the spectra, as NumPy arrays that own the builder's memory.

#include <pybind11/numpy.h>

#include <memory>

#include "entrospect/bindings/python/affinity.hpp"
#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/calls.hpp"
#include "entrospect/spectral/products.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

template <class T>
py::array to_array(SymmetricMatrix<T> matrix) {
  auto owned = std::make_unique<SymmetricMatrix<T>>(std::move(matrix));
  const auto n = static_cast<py::ssize_t>(owned->n());
  T* data = owned->data();
  const py::capsule owner(owned.release(), [](void* p) { delete static_cast<SymmetricMatrix<T>*>(p); });
  return py::array_t<T>({n, n}, data, owner);
}

struct Taken {
  Request request;
  SampleMatrix x;
  std::vector<double> weights;
};

Taken take(const py::object& x, const py::dict& options, const py::object& weights, const py::object& mask, bool copy_from_device,
           const char* who) {
  IntakeOptions intake{false, copy_from_device, {}};
  if (!mask.is_none()) intake.mask = to_mask(mask);
  Taken out{to_request(options, who), to_samples(x, intake, "x").x, {}};
  if (!weights.is_none()) out.weights = to_weights(weights, intake.mask);
  return out;
}

py::array scatter(const py::object& x, const py::dict& options, const py::object& weights, const py::object& mask, bool copy_from_device,
                  const py::object& threads, py::object progress) {
  const Taken taken = take(x, options, weights, mask, copy_from_device, "scatter_matrix");
  const bool single = taken.request.options.solver.precision == Precision::single;
  Call call(threads, std::move(progress));
  return to_array(call.run([&] {
    const SampleMatrix view = prepared(taken.x, taken.request, "scatter_matrix", call.context());
    return single ? scatter_matrix<float>(view, taken.weights, call.context())
                  : scatter_matrix<double>(view, taken.weights, call.context());
  }));
}

template <class T>
SymmetricMatrix<T> gram_of(const Taken& taken, const Context& context) {
  const SampleMatrix view = prepared(taken.x, taken.request, "gram_matrix", context);
  Diagnostics ignored;  // the caller asked for the matrix; en.spectrum reports the bandwidth
  const Kernel& kernel = taken.request.gram.kernel;
  const double bandwidth = resolve_bandwidth(view, kernel, taken.request.options.seed, ignored, context);
  return gram_matrix<T>(view, kernel, bandwidth, context);
}

py::array gram(const py::object& x, const py::dict& options, const py::object& mask, bool copy_from_device, const py::object& threads,
               py::object progress) {
  const Taken taken = take(x, options, py::none(), mask, copy_from_device, "gram_matrix");
  Call call(threads, std::move(progress));
  if (taken.request.options.solver.precision == Precision::single)
    return to_array(call.run([&] { return gram_of<float>(taken, call.context()); }));
  return to_array(call.run([&] { return gram_of<double>(taken, call.context()); }));
}

}  // namespace

void bind_matrices(py::module_& m) {
  m.def("scatter_matrix", &scatter,
        "scatter_matrix(x: Samples, options: dict[str, Any], weights: Weights | None, mask: Mask | None, copy_from_device: bool, "
        "threads: int | None, progress: Progress) -> npt.NDArray[np.float64]");
  m.def("gram_matrix", &gram,
        "gram_matrix(x: Samples, options: dict[str, Any], mask: Mask | None, copy_from_device: bool, threads: int | None, "
        "progress: Progress) -> npt.NDArray[Any]");
}

}  // namespace entrospect::python
