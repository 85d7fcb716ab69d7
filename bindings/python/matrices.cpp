// The matrices behind the spectra, as NumPy arrays that own the builder's memory.

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "entrospect/bindings/python/affinity.hpp"
#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/calls.hpp"
#include "entrospect/bindings/python/convert.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/dependence/cka_matrix.hpp"
#include "entrospect/estimators/spectral_entropy/spectral_clusters.hpp"
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

template <class T>
SymmetricMatrix<double> scatter_of(const Taken& taken, const Context& context) {
  const bool short_rows = taken.request.normalize == Normalize::l2;
  if (short_rows || taken.x.n() == 0 || taken.x.d() == 0)
    return scatter_matrix<T>(prepared(taken.x, taken.request, "scatter_matrix", context), taken.weights, context);
  SymmetricMatrix<double> c = scatter_matrix<T>(view_of(taken.x, taken.request), taken.weights, context);
  // A NaN or Inf shows on the diagonal: the samples are searched only then, which saves a pass over them.
  bool finite = true;
  for (std::size_t j = 0; j < c.n(); ++j) finite = finite && std::isfinite(c(j, j));
  if (!finite) {
    (void)prepared(taken.x, taken.request, "scatter_matrix", context);
    throw InvalidArgument("scatter_matrix: the squares of the samples leave the range of float" + std::to_string(8 * sizeof(T)) +
                          "; multiply the samples by a small constant");
  }
  return c;
}

py::array scatter(const py::object& x, const py::dict& options, const py::object& weights, const py::object& mask, bool copy_from_device,
                  const py::object& threads, py::object progress) {
  const Taken taken = take(x, options, weights, mask, copy_from_device, "scatter_matrix");
  const bool single = taken.request.options.solver.precision == Precision::single;
  Call call(threads, std::move(progress));
  return to_array(call.run([&] { return single ? scatter_of<float>(taken, call.context()) : scatter_of<double>(taken, call.context()); }));
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

// Options are those of cka that the caller gave, as the catalogue's tables check them.
py::array cka(const py::list& x, const std::vector<std::string>& names, const py::dict& given, const py::object& mask,
              bool copy_from_device, const py::object& threads, py::object progress) {
  IntakeOptions intake{false, copy_from_device, {}};
  if (!mask.is_none()) intake.mask = to_mask(mask);
  std::vector<SampleMatrix> samples;
  for (std::size_t l = 0; l < names.size(); ++l) samples.push_back(to_samples(x[l], intake, names[l]).x);
  const CkaOptions options = cka_options(to_options(given));
  Call call(threads, std::move(progress));
  const std::vector<double> values = call.run([&] { return cka_matrix(samples, options, names, call.context()); });
  const auto count = static_cast<py::ssize_t>(samples.size());
  py::array_t<double> out({count, count});
  std::copy(values.begin(), values.end(), out.mutable_data());
  return out;
}

std::size_t count(const py::object& value, const char* name) {
  const OptionValue given = to_option_value(value, name);
  const auto* whole = std::get_if<std::int64_t>(&given);
  if (whole == nullptr) throw WrongType(std::string(name) + " = " + std::string(py::repr(value)) + "; write a whole number");
  if (*whole < 1) throw InvalidArgument("spectral_clusters: " + std::string(name) + " = " + std::to_string(*whole) + " is not in [1, inf)");
  return static_cast<std::size_t>(*whole);
}

py::array clusters(const py::object& y, const py::object& wanted, const py::object& restarts, const py::dict& options,
                   const py::object& mask, bool copy_from_device, const py::object& threads, py::object progress) {
  const Taken taken = take(y, options, py::none(), mask, copy_from_device, "spectral_clusters");
  const SpectralClusterOptions chosen{count(wanted, "clusters"), taken.request.gram.kernel, count(restarts, "restarts"),
                                      taken.request.options.seed};
  Call call(threads, std::move(progress));
  const Labels labels = call.run(
      [&] { return spectral_clusters(prepared(taken.x, taken.request, "spectral_clusters", call.context()), chosen, call.context()); });
  const auto& found = std::get<std::vector<std::int64_t>>(labels.values());
  return py::array_t<std::int64_t>(static_cast<py::ssize_t>(found.size()), found.data());
}

}  // namespace

void bind_matrices(py::module_& m) {
  m.def("cka_matrix", &cka,
        "cka_matrix(x: list[Samples], names: list[str], options: dict[str, Any], mask: Mask | None, copy_from_device: bool, "
        "threads: int | None, progress: Progress) -> npt.NDArray[np.float64]");
  m.def("scatter_matrix", &scatter,
        "scatter_matrix(x: Samples, options: dict[str, Any], weights: Weights | None, mask: Mask | None, copy_from_device: bool, "
        "threads: int | None, progress: Progress) -> npt.NDArray[np.float64]");
  m.def("gram_matrix", &gram,
        "gram_matrix(x: Samples, options: dict[str, Any], mask: Mask | None, copy_from_device: bool, threads: int | None, "
        "progress: Progress) -> npt.NDArray[Any]");
  m.def("spectral_clusters", &clusters,
        "spectral_clusters(y: Samples, clusters: int, restarts: int, options: dict[str, Any], mask: Mask | None, copy_from_device: bool, "
        "threads: int | None, progress: Progress) -> npt.NDArray[np.int64]");
}

}  // namespace entrospect::python
