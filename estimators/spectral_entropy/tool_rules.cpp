#include "entrospect/estimators/spectral_entropy/tool_rules.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

std::vector<double> positive(std::span<const double> values) {
  std::vector<double> out(values.begin(), values.end());
  for (double& v : out) v = std::max(v, 0.0);
  return out;
}

double squares(std::span<const double> values) {
  Sum sum;
  for (const double v : values) sum.add(v * v);
  return sum.value();
}

// |lam| / trace as they are.
double yu_entropy(const Spectrum& s, double order) {
  std::vector<double> weights;
  for (const double v : s.values) weights.push_back(std::abs(v) / s.trace);
  return unnormalized_renyi_entropy(weights, order);
}

}  // namespace

Kernel tool_kernel(const std::string& compat, const Kernel& kernel, const SampleMatrix& x, std::uint64_t seed, Diagnostics& notes,
                   const Context& context) {
  Kernel out = kernel;
  double* number = std::get_if<double>(&out.bandwidth);
  if (compat == "yu" && number != nullptr && out.kind == KernelKind::gaussian) *number = std::sqrt(*number / 2);
  const bool laplacian = out.kind == KernelKind::laplacian_l1 || out.kind == KernelKind::laplacian_l2;
  if (compat == "repitl" && laplacian) out.bandwidth = resolve_bandwidth(x, out, seed, notes, context) * std::numbers::sqrt2;
  return out;
}

double tool_entropy(const std::string& compat, const Spectrum& s, double order, std::size_t n) {
  if (s.status == Status::nonfinite || !(s.trace > 0)) return std::numeric_limits<double>::quiet_NaN();
  if (compat == "yu") return yu_entropy(s, order);
  const auto rows = static_cast<double>(n);
  if (order == 2 && compat == "repitl") return -std::log(squares(s.values) / (rows * rows));
  if (order == 2 && compat == "djaniak") return -std::log(squares(s.values) / (s.trace * s.trace) / (rows * rows));
  return renyi_entropy(positive(s.values), order);  // no rank tolerance: the tools have none
}

void refuse_tool_order(const Estimate& e, double order) {
  if (e.compat == "yu" && order == 1)
    throw InvalidArgument(e.estimator + ": compat = 'yu' divides by zero at order = 1; use 1.01 as the tool does");
}

SymmetricMatrix<double> clamped_product(const SampleMatrix& z, bool rows, const Context& context) {
  const Kernel linear{KernelKind::linear};
  SymmetricMatrix<double> k = rows ? gram_matrix<double>(z, linear, 1, context) : scatter_matrix<double>(z, {}, context);
  std::for_each(k.data(), k.data() + k.n() * k.n(), [](double& v) { v = std::max(v, 0.0); });
  return k;
}

}  // namespace entrospect
