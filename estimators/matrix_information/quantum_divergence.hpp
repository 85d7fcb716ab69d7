#pragma once
// Divergences between representations as density matrices: rho = Z^T Z / tr of each, or its operator in the kernel's feature space.
//
//   quantum_jsd  H(sum_i w_i rho_i) - sum_i w_i H(rho_i),  H = -tr rho ln rho   (Jensen-Shannon; Holevo's quantity)
//   quantum_kl   tr rho (ln rho - ln tau), rho of x, tau of y                     (Umegaki's relative entropy)
//
// x, y, ..: n_i x d, n_i >= 2; rows need not belong together, columns must be the same features.  Unit: nats or bits.
// quantum_jsd: [0, H(w)], 0 iff the rho are equal; weights `equal`, or `rows` for n_i / sum n.  kernel: linear by default, where rho is d x
// d; Gaussian and Laplacian kernels, with one bandwidth for all rows, compare whole distributions. quantum_kl: [0, inf]; +inf, status
// `nonfinite`, when rho has mass where tau has none (the share is in the diagnostics): more rows, or quantum_jsd, which is always finite.
// compat = repitl floors eigenvalues at 1e-10, which gives a finite number there. center, normalize, zero_rows: of each matrix on its own.
// Errors: different d, non-finite values, zero rows where rows are normalized.  All rows equal: status `degenerate`.
// Cost: quantum_jsd O(n d min(n, d)) for the linear kernel, else O(n^2 d + n^3), n all rows; quantum_kl O(n d^2 + d^3).

#include <string>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class MixtureWeights { equal, rows };

struct QuantumJsdOptions {
  Kernel kernel{KernelKind::linear};
  MixtureWeights weights = MixtureWeights::equal;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};
};

struct QuantumKlOptions {
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "repitl"
};

// `samples`: at least two.
Estimate quantum_jsd(const std::vector<SampleMatrix>& samples, const QuantumJsdOptions& options = {}, const Context& context = {});
Estimate quantum_kl(const SampleMatrix& x, const SampleMatrix& y, const QuantumKlOptions& options = {}, const Context& context = {});
const EstimatorInfo& quantum_jsd_info();
const EstimatorInfo& quantum_kl_info();

}  // namespace entrospect
