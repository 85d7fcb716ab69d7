#pragma once
// What the indices of this folder share, besides the way from a call to an estimate (estimators/detail/quantity.hpp): a computation that
// finds a number in the spectrum of prepared rows. One more function, the slopes at the eigenvalues, gives it a gradient (with_slopes).

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/detail/quantity.hpp"
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

void report(Estimate& e, const Finding& found);
template <class O>
void report(Estimate& e, const Finding& found, const O& /*options*/) {
  report(e, found);
}

// Of spectral/singular_values.hpp: the factor, a block of at least as many rows and the solver's copies; with fewer rows than features the
// samples themselves.
Footprint factor_footprint(std::size_t n, std::size_t d);

// ---- indices of eigenvalues

struct IndexSpectrum {
  std::shared_ptr<const Spectrum> s;  // none when there is exactly nothing
  std::vector<double> lam;            // its eigenvalues, descending, round-off negatives 0; empty where norms suffice
  std::size_t max_rank = 0;           // how many may be above zero
  std::size_t count = 0;              // how many there are with the zeros, which a solver of the smaller side does not show
  double denominator = 1;             // of Z^T Z / denominator: n, n - 1 when centered
  [[nodiscard]] double largest() const { return lam.empty() ? 0 : lam.front(); }
  // Of the first `count` eigenvalues: by how much their sum may be off by the residuals, and how large one may be that was missed
  // (hidden_eigenvalue()). Both 0 for a complete spectrum.
  [[nodiscard]] double residual(std::size_t count) const;
  [[nodiscard]] double hidden() const;
  // Roots of the eigenvalues above the rank tolerance (below it a root would magnify round-off), times that of the denominator.
  [[nodiscard]] std::vector<double> singular_values() const;
};

// The eigenvalues of Z^T Z / denominator; no spectrum when centering leaves exactly nothing.
struct RowSpectrum : IndexSpectrum {
  PreparedRows rows;
  [[nodiscard]] std::string text() const;  // "Z = x, centered; C = Z^T Z / 17"
};

// The index `functional` of a spectrum that was computed before, of any affinity. `needed`: so many of the largest eigenvalues, 0: the
// functional knows what to make of an incomplete one.
IndexSpectrum index_spectrum(const Spectrum& s, std::size_t needed, Estimate& e);
Estimate begin_index(const EstimatorCard& card, const Spectrum& s, std::string formula, OptionMap options);
template <class O, class Functional>
Estimate of_given(const EstimatorCard& card, const Spectrum& s, std::string formula, OptionMap options, const O& o, std::size_t needed,
                  Functional functional) {
  Estimate e = begin_index(card, s, std::move(formula), std::move(options));
  const IndexSpectrum r = index_spectrum(s, needed, e);
  report(e, s.trace > 0 ? functional(r, o, e) : Finding{});
  return e;
}

// `leading`: how many of the largest eigenvalues suffice, 0: all are needed. A gradient needs all.
RowSpectrum row_spectrum(const SampleMatrix& x, const RowPlan& plan, Side side, const SolverOptions& solver, bool norms_suffice,
                         Estimate& e, const Context& context, Differentiation* wanted = nullptr, std::size_t leading = 0);

// The interval of a value that an incomplete spectrum leaves open.
void set_bounds(Estimate& e, const IndexSpectrum& r, double low, double high);

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

// A computation with a gradient, of slopes(spectrum, options, value) -> Derivative.
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
