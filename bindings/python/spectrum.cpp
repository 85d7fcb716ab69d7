// en.spectrum: eigenvalues computed once, questions answered many times.

#include "entrospect/spectral/spectrum.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <limits>
#include <variant>

#include "entrospect/bindings/python/affinity.hpp"
#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/calls.hpp"
#include "entrospect/bindings/python/convert.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/alpha_req.hpp"
#include "entrospect/estimators/geometry/spectral_index.hpp"
#include "entrospect/spectral/products.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

// A spectrum with the affinity that it belongs to.
struct NamedSpectrum {
  std::shared_ptr<const Spectrum> spectrum;
  std::string affinity;
  bool diffusion = false;
  Notes notes;
};

NamedSpectrum compute(const py::object& x, const py::dict& given, const py::object& weights, const py::object& mask, bool copy_from_device,
                      bool as_column, const py::object& threads, py::object progress) {
  Request request = to_request(given, "spectrum");
  IntakeOptions intake{as_column, copy_from_device, {}};
  if (!mask.is_none()) intake.mask = to_mask(mask);
  if (!weights.is_none()) request.gram.weights = to_weights(weights, intake.mask);
  Intake taken = to_samples(x, intake, "x");
  Call call(threads, std::move(progress));
  NamedSpectrum out{nullptr, py::cast<std::string>(given["affinity"]),
                    request.affinity == AffinityKind::diffusion || request.affinity == AffinityKind::neighbor_graph,
                    std::move(taken.notes)};
  out.spectrum = call.run([&] {
    const SampleMatrix samples = prepared(taken.x, request, "spectrum", call.context());
    switch (request.affinity) {
      case AffinityKind::gram:
        return spectrum(samples, request.gram, request.options, call.context());
      case AffinityKind::diffusion:
        return spectrum(samples, request.diffusion, request.options, call.context());
      case AffinityKind::neighbor_graph:
        return spectrum(samples, request.neighbors, request.options, call.context());
      default:
        return spectrum(samples, request.covariance, request.options, call.context());
    }
  });
  return out;
}

Unit to_unit(const std::string& text) {
  if (text == "nats") return Unit::nats;
  if (text == "bits") return Unit::bits;
  throw InvalidArgument("unit = '" + text + "'; allowed: 'nats', 'bits'");
}

// With what is known of the way in.
Estimate finished(const NamedSpectrum& s, Estimate estimate, OnFailure on_failure) {
  for (const auto& [key, value] : s.notes) estimate.diagnostics.set(key, value);
  report_status(estimate, on_failure, 1);
  return estimate;
}

Estimate one(const NamedSpectrum& s, double order, double t, Unit unit, OnFailure on_failure) {
  if (!s.diffusion && t != 1)
    throw InvalidArgument("t = " + to_text(OptionValue(t)) + ": only a diffusion spectrum has a time; use affinity=en.Diffusion(...)");
  EntropyOptions options;
  options.order = order;
  options.t = t;
  options.unit = unit;
  return finished(s, entropy(*s.spectrum, options), on_failure);
}

double to_double(py::handle object, const char* name) {
  const OptionValue value = to_option_value(object, name);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value); text != nullptr && *text == "inf")
    return std::numeric_limits<double>::infinity();
  throw WrongType(std::string(name) + " = " + std::string(py::repr(object)) + "; write a number");
}

// A number gives one estimate; a sequence of orders or of times gives a list.
py::object answer(const NamedSpectrum& s, const py::object& orders, const py::object& times, Unit unit, const std::string& on_failure) {
  const OnFailure failure = to_on_failure(on_failure);
  const auto is_list = [](const py::object& o) { return PySequence_Check(o.ptr()) != 0 && !py::isinstance<py::str>(o); };
  if (is_list(orders) && is_list(times)) throw InvalidArgument("give a list of orders or a list of times, not both");
  if (!is_list(orders) && !is_list(times)) return py::cast(one(s, to_double(orders, "order"), to_double(times, "t"), unit, failure));
  py::list out;
  for (const py::handle item : is_list(orders) ? orders : times) {
    const double order = to_double(is_list(orders) ? item : py::handle(orders), "order");
    const double t = to_double(is_list(times) ? item : py::handle(times), "t");
    out.append(one(s, order, t, unit, failure));
  }
  return out;
}

using SpectrumClass = py::class_<NamedSpectrum>;

// An index that takes nothing but the spectrum.
void def_index(SpectrumClass& c, const char* name, Estimate (*index)(const Spectrum&), const std::string& what) {
  c.def(
      name,
      [index](const NamedSpectrum& s, const std::string& on_failure) { return finished(s, index(*s.spectrum), to_on_failure(on_failure)); },
      py::kw_only(), py::arg("on_failure") = "warn",
      (std::string(name) + "(self, *, on_failure: str = 'warn') -> Estimate\n\n" + what).c_str());
}

void def_leading_index(SpectrumClass& c, const char* name, Estimate (*index)(const Spectrum&, std::size_t), const std::string& what) {
  c.def(
      name,
      [index](const NamedSpectrum& s, std::size_t rank, const std::string& on_failure) {
        return finished(s, index(*s.spectrum, rank), to_on_failure(on_failure));
      },
      py::arg("rank") = 1, py::kw_only(), py::arg("on_failure") = "warn",
      (std::string(name) + "(self, rank: int = 1, *, on_failure: str = 'warn') -> Estimate\n\n" + what).c_str());
}

std::variant<double, AutoRank> to_rank(const py::object& object, const char* name) {
  if (py::isinstance<py::str>(object) && py::cast<std::string>(object) == "auto") return AutoRank::automatic;
  return to_double(object, name);
}

FitWeights to_fit_weights(const std::string& text) {
  if (text == "reciprocal") return FitWeights::reciprocal;
  if (text == "uniform") return FitWeights::uniform;
  throw InvalidArgument("fit_weights = '" + text + "'; allowed: 'reciprocal', 'uniform'");
}

void bind_indices(SpectrumClass& c) {
  def_index(c, "participation_ratio", &participation_ratio, "(sum lam)^2 / sum lam^2: how many directions share the variance.");
  def_index(c, "stable_rank", &stable_rank, "sum lam / lam_1: how many times the largest direction's energy there is.");
  def_index(c, "anisotropy", &anisotropy, "s_1 / sum s, s = sqrt(lam): share of the largest singular value.");
  def_leading_index(c, "top_share", &top_share, "Share of the `rank` largest eigenvalues in the sum of all.");
  def_leading_index(c, "spectral_gap", &spectral_gap, "(lam_rank - lam_(rank+1)) / lam_1.");
  c.def(
      "min_entropy",
      [](const NamedSpectrum& s, const std::string& unit, const std::string& on_failure) {
        return one(s, std::numeric_limits<double>::infinity(), 1, to_unit(unit), to_on_failure(on_failure));
      },
      py::kw_only(), py::arg("unit") = "nats", py::arg("on_failure") = "warn",
      "min_entropy(self, *, unit: str = 'nats', on_failure: str = 'warn') -> Estimate\n\n-ln of the largest share: the entropy of order "
      "inf.");
  c.def(
      "tsallis_entropy",
      [](const NamedSpectrum& s, const py::object& order, const std::string& on_failure) {
        return finished(s, tsallis_entropy(*s.spectrum, to_double(order, "order")), to_on_failure(on_failure));
      },
      py::arg("order") = 2.0, py::kw_only(), py::arg("on_failure") = "warn",
      "tsallis_entropy(self, order: float = 2.0, *, on_failure: str = 'warn') -> Estimate\n\n(1 - sum p^q) / (q - 1); order 2 is the "
      "linear "
      "entropy.");
  c.def(
      "alpha_req",
      [](const NamedSpectrum& s, const py::object& first_rank, const py::object& last_rank, const std::string& fit_weights,
         const std::string& on_failure) {
        AlphaReqOptions options;
        options.first_rank = to_rank(first_rank, "first_rank");
        options.last_rank = to_rank(last_rank, "last_rank");
        options.fit_weights = to_fit_weights(fit_weights);
        return finished(s, alpha_req(*s.spectrum, options), to_on_failure(on_failure));
      },
      py::kw_only(), py::arg("first_rank") = "auto", py::arg("last_rank") = "auto", py::arg("fit_weights") = "reciprocal",
      py::arg("on_failure") = "warn",
      "alpha_req(self, *, first_rank: float | str = 'auto', last_rank: float | str = 'auto', fit_weights: str = 'reciprocal', "
      "on_failure: str = 'warn') -> Estimate\n\nExponent of the power law by which the eigenvalues decay.");
}

py::array array_of(const py::object& self, std::vector<double> Spectrum::*member) {
  const auto& all = py::cast<const NamedSpectrum&>(self).spectrum.get()->*member;
  py::array_t<double> view(static_cast<py::ssize_t>(all.size()), all.data(), self);
  view.attr("flags").attr("writeable") = false;
  return view;
}

std::string text(const NamedSpectrum& s) {
  const Spectrum& a = *s.spectrum;
  return "<Spectrum of " + s.affinity + ": " + std::to_string(a.values.size()) + " of " + std::to_string(a.size) +
         " eigenvalues, n = " + std::to_string(a.n) + ", d = " + std::to_string(a.d) + ", " + a.backend_used +
         (a.complete ? ">" : ", incomplete>");
}

}  // namespace

void bind_spectrum(py::module_& m) {
  const auto of = [](auto member) { return [member](const NamedSpectrum& s) { return s.spectrum.get()->*member; }; };
  SpectrumClass spectrum_class(m, "Spectrum", "Eigenvalues of an affinity, and what is known about those that were not computed.");
  spectrum_class
      .def_property_readonly(
          "values", [](const py::object& self) { return array_of(self, &Spectrum::values); },
          "npt.NDArray[np.float64]: eigenvalues, descending; if incomplete, those of largest magnitude; read-only")
      .def_property_readonly(
          "residuals", [](const py::object& self) { return array_of(self, &Spectrum::residuals); },
          "npt.NDArray[np.float64]: how far each value may be off, if incomplete, else empty; read-only")
      .def_property_readonly(
          "affinity", [](const NamedSpectrum& s) { return s.affinity; }, "str: covariance, gram, diffusion or neighborgraph")
      .def_property_readonly("complete", of(&Spectrum::complete), "bool: every eigenvalue is in `values`")
      .def_property_readonly("size", of(&Spectrum::size), "int: order of the matrix that was solved")
      .def_property_readonly("max_rank", of(&Spectrum::max_rank), "int: most non-zero eigenvalues possible")
      .def_property_readonly("trace", of(&Spectrum::trace), "float: trace of the matrix")
      .def_property_readonly("frobenius2", of(&Spectrum::frobenius2), "float | None: sum of all squared eigenvalues")
      .def_property_readonly("side", of(&Spectrum::side), "str: covariance (d x d), gram (n x n) or operator")
      .def_property_readonly("n", of(&Spectrum::n), "int: rows")
      .def_property_readonly("d", of(&Spectrum::d), "int: columns")
      .def_property_readonly("backend_requested", of(&Spectrum::backend_requested), "str: solver asked for")
      .def_property_readonly("backend_used", of(&Spectrum::backend_used), "str: solver that ran")
      .def_property_readonly(
          "status", [](const NamedSpectrum& s) { return std::string(name(s.spectrum->status)); }, "str: ok, or what happened")
      .def_property_readonly("reason", of(&Spectrum::reason), "str: why the status is not ok")
      .def_property_readonly(
          "diagnostics",
          [](const NamedSpectrum& s) {
            py::dict out = to_python(s.spectrum->diagnostics.items());
            for (const auto& [key, value] : s.notes) out[py::str(key)] = to_python(value);
            return out;
          },
          "dict[str, bool | int | float | str]: bandwidth, side, precision, work done")
      .def(
          "entropy",
          [](const NamedSpectrum& s, const py::object& order, const py::object& t, const std::string& unit, const std::string& on_failure) {
            return answer(s, order, t, to_unit(unit), on_failure);
          },
          py::arg("order") = 1.0, py::kw_only(), py::arg("t") = 1.0, py::arg("unit") = "nats", py::arg("on_failure") = "warn",
          "entropy(self, order: float = 1.0, *, t: float = 1.0, unit: str = 'nats', on_failure: str = 'warn') -> Estimate\n"
          "entropy(self, order: Sequence[float], *, t: float = 1.0, unit: str = 'nats', on_failure: str = 'warn') -> list[Estimate]\n"
          "entropy(self, order: float = 1.0, *, t: Sequence[float], unit: str = 'nats', on_failure: str = 'warn') -> "
          "list[Estimate]\n\nRenyi entropy of the weights; order 1 is Shannon. A sequence of orders or times gives a list.")
      .def(
          "hill_number",
          [](const NamedSpectrum& s, const py::object& order, const py::object& t, const std::string& on_failure) {
            return answer(s, order, t, Unit::count, on_failure);
          },
          py::arg("order") = 1.0, py::kw_only(), py::arg("t") = 1.0, py::arg("on_failure") = "warn",
          "hill_number(self, order: float = 1.0, *, t: float = 1.0, on_failure: str = 'warn') -> Estimate\n"
          "hill_number(self, order: Sequence[float], *, t: float = 1.0, on_failure: str = 'warn') -> list[Estimate]\n"
          "hill_number(self, order: float = 1.0, *, t: Sequence[float], on_failure: str = 'warn') -> list[Estimate]\n\nexp of the Renyi "
          "entropy: an effective number of directions.")
      .def(
          "dse",
          [](const NamedSpectrum& s, const py::object& t, const py::object& order, const std::string& unit, const std::string& on_failure) {
            return answer(s, order, t, to_unit(unit), on_failure);
          },
          py::arg("t") = 1.0, py::kw_only(), py::arg("order") = 1.0, py::arg("unit") = "nats", py::arg("on_failure") = "warn",
          "dse(self, t: float = 1.0, *, order: float = 1.0, unit: str = 'nats', on_failure: str = 'warn') -> Estimate\n"
          "dse(self, t: Sequence[float], *, order: float = 1.0, unit: str = 'nats', on_failure: str = 'warn') -> list[Estimate]\n\n"
          "Diffusion spectral entropy at time t, of a diffusion spectrum.")
      .def("__repr__", &text, "__repr__(self) -> str");
  bind_indices(spectrum_class);
  m.def(
      "spectrum", &compute,
      "spectrum(x: Samples, options: dict[str, Any], weights: Weights | None, mask: Mask | None, copy_from_device: bool, as_column: bool, "
      "threads: int | None, progress: Progress) -> Spectrum");
}

}  // namespace entrospect::python
