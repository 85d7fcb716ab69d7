#include "entrospect/estimators/spectrum_entropy.hpp"

#include <cmath>

#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/functional.hpp"

namespace entrospect {
namespace {

constexpr std::string_view who = "entropy of a spectrum";

// |lam|^t for a diffusion operator, whose eigenvalues lie in [-1, 1]; non-negative eigenvalues otherwise.
std::vector<double> weights_of(const Spectrum& s, const SpectralWeights& choice) {
  if (!choice.diffusion) return psd_weights(s, who);
  if (!(choice.t > 0) || std::isinf(choice.t))
    throw InvalidArgument(std::string(who) + ": t = " + to_text(OptionValue(choice.t)) + "; allowed: (0, inf)");
  std::vector<double> weights(s.values.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = std::pow(std::abs(s.values[i]), choice.t);
  return weights;
}

double value_of(std::span<const double> weights, const SpectralFunctional& f, double rank_tolerance) {
  switch (f.kind) {
    case SpectralFunctional::Kind::tsallis:
      return tsallis_entropy(weights, f.order, rank_tolerance);
    case SpectralFunctional::Kind::hill:
      return std::exp(renyi_entropy(weights, f.order, rank_tolerance));
    default:
      return renyi_entropy(weights, f.order, rank_tolerance);
  }
}

std::string formula_of(SpectralFunctional::Kind kind) {
  switch (kind) {
    case SpectralFunctional::Kind::tsallis:
      return "(1 - sum p^q) / (q - 1)";
    case SpectralFunctional::Kind::hill:
      return "exp(H_q), H_q = ln(sum p^q) / (1 - q)";
    default:
      return "ln(sum p^q) / (1 - q)";
  }
}

}  // namespace

Estimate entropy(const Spectrum& s, const SpectralFunctional& functional, const SpectralWeights& choice, Unit unit) {
  if (!(functional.order >= 0))
    throw InvalidArgument(std::string(who) + ": order = " + to_text(OptionValue(functional.order)) + "; allowed: [0, inf]");
  if (!s.complete)
    throw InvalidArgument(std::string(who) + ": only " + std::to_string(s.values.size()) + " of " + std::to_string(s.size) +
                          " eigenvalues are known; compute the complete spectrum");
  const bool hill = functional.kind == SpectralFunctional::Kind::hill;
  const std::vector<double> weights = weights_of(s, choice);
  const std::vector<double> uniform(std::max<std::size_t>(s.max_rank, 1), 1.0);

  Estimate e;
  e.estimator = "entropy";
  e.unit = hill ? Unit::count : unit;
  const double factor = nats_to(e.unit);
  e.value = factor * value_of(weights, functional, choice.diffusion ? std::pow(s.rank_tolerance, choice.t) : s.rank_tolerance);
  e.cap = factor * value_of(uniform, functional, 0);
  e.options = {{"order", functional.order}};
  if (choice.diffusion) e.options.emplace_back("t", choice.t);
  e.n = s.n;
  e.d = s.d;
  e.backend_requested = s.backend_requested;
  e.backend_used = s.backend_used;
  e.diagnostics = s.diagnostics;
  e.formula = formula_of(functional.kind) + (choice.diffusion ? ", p = |lam|^t / sum |lam|^t" : ", p = lam / sum lam");
  e.substituted = "q = " + to_text(OptionValue(functional.order)) + (choice.diffusion ? ", t = " + to_text(OptionValue(choice.t)) : "") + ", " +
                  std::to_string(weights.size()) + " eigenvalues, trace " + to_text(OptionValue(s.trace));
  if (s.status != Status::ok) e.flag(s.status, s.reason);
  return e;
}

}  // namespace entrospect
