#pragma once
// How a spectral estimator is differentiated: the same computation as its value, with eigenvectors, then the chain from the entropy back to
// the samples (spectral/gradient.hpp). An estimator's computation takes a Differentiation*, which is null when only the value is wanted.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/estimate.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/spectral/gradient.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

// dF/dlam, and why that is no derivative, or an empty text.
struct Derivative {
  Slopes slopes;
  std::string nonsmooth{};
};

// Of F(H_q(p)), p = |lam|^t / sum |lam|^t, where F has the derivative `per_nat`. At most `max_rank` eigenvalues are not zero by
// construction.
Derivative entropy_derivative(const Spectrum& s, double order, double t, double per_nat, std::size_t max_rank, std::string_view who);

// Of the sum of the k largest `lam` (descending): 1 above lam_k, shared evenly by those that tie with lam_k, 0 below. No derivative exists
// where lam_k ties with lam_(k+1), unless both are zero: a zero eigenvalue grows with the square of a change of the samples.
Derivative leading_derivative(std::span<const double> lam, std::size_t k, double rank_tolerance);

// Why a sum of roots, or of powers of at most 1/2, has no derivative when only `positive` of `max_rank` eigenvalues are not zero.
std::string zeros_reason(std::size_t positive, std::size_t max_rank, std::string_view when);

class Differentiation {
 public:
  // spectrum() with eigenvectors, or with the matrix itself where the norms suffice (order 2); `affinity` is copied.
  template <class Affinity>
  std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const Affinity& affinity, SpectrumOptions options,
                                           const Context& context) {
    const auto decomposition = std::make_shared<Decomposition>();
    options.decomposition = decomposition.get();
    auto s = entrospect::spectrum(x, affinity, options, context);
    pull_ = [x, affinity, s, decomposition, context](const Slopes& slopes) {
      return entrospect::gradient(x, affinity, *s, *decomposition, slopes, context);
    };
    return s;
  }

  // Where there is a value: it is a function of the spectrum, or has the gradient `g` with respect to rows.x.plain(). Sets status
  // `nonsmooth` where no derivative exists.
  void finish(Estimate& e, const PreparedRows& rows, const Derivative& derivative);
  void finish(Estimate& e, const PreparedRows& rows, SampleGradient g);
  // entropy_derivative() of a value that may be missing.
  void finish(Estimate& e, const Spectrum& s, double order, double t, double per_nat, std::size_t max_rank, const PreparedRows& rows);

  // n x d for the samples that the estimator was given: 0 for rows that were dropped, NaN when there is no value.
  [[nodiscard]] std::vector<double> gradient(const SampleMatrix& x) const;

 private:
  std::function<SampleGradient(const Slopes&)> pull_;
  std::vector<double> values_;     // of the rows that were used; empty: none
  std::vector<std::size_t> kept_;  // which rows those are; empty: all
};

template <class Affinity>
std::shared_ptr<const Spectrum> spectrum(Differentiation* wanted, const SampleMatrix& x, const Affinity& affinity,
                                         const SpectrumOptions& options, const Context& context) {
  return wanted == nullptr ? spectrum(x, affinity, options, context) : wanted->spectrum(x, affinity, options, context);
}

// What a gradient is not defined for; `what` is the option with its value.
[[noreturn]] void refuse_gradient(const Estimate& e, const std::string& what, std::string_view why);

// A tool's faults are not differentiated.
void refuse_compat_gradient(const Estimate& e);

// compute(&differentiation) is the estimator's computation.
template <class Compute>
ValueAndGradient differentiated(const SampleMatrix& x, Compute compute) {
  Differentiation wanted;
  Estimate e = compute(&wanted);
  return {std::move(e), wanted.gradient(x)};
}

}  // namespace entrospect
