#pragma once
// What the indices of this folder share. An index is a card, a table of options and a function that finds a number; the rest (validation,
// preset, preparation, spectrum, report) is the same for all and is here, once. An index of eigenvalues gets a gradient from one more
// function, its slopes at the eigenvalues (with_slopes).

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect::detail {

// NaN says that the data leave nothing to measure.
struct Finding {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::optional<double> cap;
  Unit unit = Unit::none;
  std::string steps;  // with the values used: what follows the treatment of the rows
};

// In: SampleMatrix, or Inputs for an index that needs labels or several sample matrices.
template <class O, class In = SampleMatrix>
struct Index {
  EstimatorCard card;
  FieldTable<O> table;
  std::function<Finding(const In&, const O&, Estimate&, const Context&)> find;  // of an index without a gradient
  std::function<Footprint(const O&, std::size_t n, std::size_t d)> footprint = [](const O&, std::size_t n, std::size_t d) {
    return covariance_footprint(n, d);
  };
  // In the place of `find`: with a gradient, unless the last argument is null.
  std::function<Finding(const In&, const O&, Estimate&, const Context&, Differentiation*)> differentiate{};
};

void report(Estimate& e, const Finding& found);

// Of spectral/singular_values.hpp: the factor, a block of at least as many rows and the solver's copies; with fewer rows than features the
// samples themselves.
Footprint factor_footprint(std::size_t n, std::size_t d);

// With every option set: the preset was applied.
template <class O, class In>
Estimate measured(const Index<O, In>& index, const In& x, const O& o, const Context& context, Differentiation* wanted = nullptr) {
  Estimate e = begin_estimate(index.card, chosen(index.card, o.convention, o.compat), values(index.table, o));
  if (wanted != nullptr) refuse_compat_gradient(e);
  report(e, index.differentiate ? index.differentiate(x, o, e, context, wanted) : index.find(x, o, e, context));
  return e;
}

template <class O, class In>
Estimate estimate(const Index<O, In>& index, const std::type_identity_t<In>& x, O options, const Context& context) {
  if constexpr (std::is_same_v<In, Inputs>) check_inputs(index.card, x);
  validate(index.table, options, index.card);
  apply_preset(options, index.table, index.card);
  return measured(index, x, options, context);
}

// What an index reads of the inputs of a call.
template <class In>
const In& data_of(const Inputs& inputs) {
  if constexpr (std::is_same_v<In, Inputs>)
    return inputs;
  else
    return inputs.samples.front();
}

template <class O, class In>
EstimatorInfo info_of(const Index<O, In>& index) {
  std::function<ValueAndGradient(const Inputs&, const O&, const Context&)> gradient;
  if (index.differentiate)
    gradient = [&index](const Inputs& inputs, const O& o, const Context& context) {
      return differentiated(inputs.samples.front(),
                            [&](Differentiation* wanted) { return measured(index, data_of<In>(inputs), o, context, wanted); });
    };
  return make_estimator<O>(
      index.card, index.table,
      [&index](const Inputs& inputs, const O& o, const Context& context) { return measured(index, data_of<In>(inputs), o, context); },
      index.footprint, gradient);
}

// ---- indices of the eigenvalues of Z^T Z

struct RowSpectrum {
  PreparedRows rows;
  double denominator = 1;             // n, n - 1 when centered
  std::shared_ptr<const Spectrum> s;  // of Z^T Z / denominator; none when centering leaves exactly nothing
  std::vector<double> lam;            // its eigenvalues, descending, round-off negatives 0; empty where norms suffice
  [[nodiscard]] double largest() const { return lam.empty() ? 0 : lam.front(); }
  // Of the first `count` eigenvalues: by how much their sum may be off by the residuals, and how large one may be that was missed (0 where
  // the norm of the matrix rules it out). Both 0 for a complete spectrum.
  [[nodiscard]] double residual(std::size_t count) const;
  [[nodiscard]] double hidden() const;
  // Roots of the eigenvalues above the rank tolerance (below it a root would magnify round-off), times that of the denominator.
  [[nodiscard]] std::vector<double> singular_values() const;
  [[nodiscard]] std::string text() const;  // "Z = x, centered; C = Z^T Z / 17"
};

// `leading`: how many of the largest eigenvalues suffice, 0: all are needed. A gradient needs all.
RowSpectrum row_spectrum(const SampleMatrix& x, const RowPlan& plan, Side side, const SolverOptions& solver, bool norms_suffice,
                         Estimate& e, const Context& context, Differentiation* wanted = nullptr, std::size_t leading = 0);

// The interval of a value that an incomplete spectrum leaves open.
void set_bounds(Estimate& e, const RowSpectrum& r, double low, double high);

// How an index is computed from a function of the spectrum. `small_values`, if not empty, is why precision = single is refused.
struct FromSpectrum {
  std::string_view small_values{};
  bool norms_suffice = false;
  std::optional<std::size_t> leading{};  // so many of the largest eigenvalues suffice, besides the option `rank` where there is one
};

template <class O>
std::size_t leading_of(const O& o, const FromSpectrum& how) {
  std::size_t leading = how.leading.value_or(0);
  if constexpr (requires { o.rank; }) leading += how.leading ? o.rank : 0;
  return leading;
}

// An index's `differentiate`, with slopes(spectrum, options, value) -> Derivative.
template <class O, class Functional, class Slope>
auto with_slopes(Functional functional, Slope slopes, FromSpectrum how = {}) {
  return [=](const SampleMatrix& x, const O& o, Estimate& e, const Context& context, Differentiation* wanted) {
    refuse_single(e, o.solver.precision, !how.small_values.empty(), how.small_values);
    const RowPlan plan{o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false};
    const RowSpectrum spectrum = row_spectrum(x, plan, o.side, o.solver, how.norms_suffice, e, context, wanted, leading_of(o, how));
    if (!spectrum.s || !(spectrum.s->trace > 0)) return Finding{};
    Finding found = functional(spectrum, o, e);
    found.steps = spectrum.text() + "; " + found.steps;
    if (wanted != nullptr && std::isfinite(found.value)) wanted->finish(e, spectrum.rows, slopes(spectrum, o, found.value));
    return found;
  };
}

// An index's `find`.
template <class O, class Functional>
auto of_spectrum(Functional functional, std::string_view small_values = {}, bool norms_suffice = false) {
  const auto none = [](const RowSpectrum&, const O&, double) { return Derivative{}; };
  return [f = with_slopes<O>(functional, none, {small_values, norms_suffice})](
             const SampleMatrix& x, const O& o, Estimate& e, const Context& context) { return f(x, o, e, context, nullptr); };
}

// ---- indices of the singular values of Z, each right to about max(n, d) eps of the largest

struct RowSingularValues {
  PreparedRows rows;
  std::vector<double> s;  // descending; all 0 when centering leaves exactly nothing
  double tolerance = 0;   // max(n, d) eps, relative to the largest
  std::size_t rank = 0;   // how many are above it
  [[nodiscard]] double largest() const { return s.front(); }
  void count_above(double relative);  // another tolerance
};
RowSingularValues row_singular_values(const SampleMatrix& x, const RowPlan& plan, Estimate& e, const Context& context);

// ln det(I + scale C) of a matrix with these eigenvalues: the coding rate of Ma et al. (2007), without its factor 1/2.
double log_volume(std::span<const double> lam, double scale);

// Conventions of an index that is defined with and without centering; the default first.
std::vector<ConventionInfo> row_conventions(bool center);

template <class O>
void add_row_fields(FieldTable<O>& table, const EstimatorCard& card) {
  fields::add_rows(table);
  fields::add_side(table);
  fields::add_solver(table);
  fields::add_convention(table, card);
}

}  // namespace entrospect::detail
