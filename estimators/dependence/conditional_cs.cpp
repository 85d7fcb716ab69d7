#include "entrospect/estimators/dependence/conditional_cs.hpp"

#include <cmath>

#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/estimators/dependence/group_sums.hpp"
#include "entrospect/spectral/each_row.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

EstimatorCard card() {
  EstimatorCard c;
  c.name = "conditional_cs_divergence";
  c.aliases = {"conditional_cauchy_schwarz_divergence"};
  c.summary = "How far two conditional distributions given the same samples are apart: p(y | x) from p(z | x), both smoothed.";
  const std::string grams =
      ", T_B = sum_j sum_i K_ji B_ji / s_j^2, K_ji = k(x_j, x_i), L_ji = k(y_j, y_i), M_ji = k(z_j, z_i), N_ji = k(z_j, y_i), ";
  c.formula = "D = ln T_L + ln T_M - 2 ln T_N" + grams + "s_j = sum_i K_ji";
  c.unit = "entropy";
  c.range = "(-inf, inf]; 0 for y = z";
  c.cap = "none";
  c.cost = "O(n^2 (d_x + d_y))";
  c.references = {
      "Yu, Li, Lokse, Jenssen, Principe: The conditional Cauchy-Schwarz divergence with applications to time-series data and sequential "
      "decision making, IEEE TPAMI 2025",
      "Yu, Yu, Lokse, Jenssen, Principe: Cauchy-Schwarz divergence information bottleneck for regression, ICLR 2024 (one x; compat "
      "cs-ib-conditional)"};
  c.sample_names = {"x", "y", "z"};
  c.conventions = {
      {"derived", false, "", {}, {}},
      {"cs-ib-conditional",
       true,
       "D = log2 T_L + log2 T_M - 2 log2 T_N" + grams + "s_j^2 = sum_i K_ji^2",
       {{"unit", std::string("bits")}},
       {"divides by the sum of squares where the derivation has the square of the sum",
        "the tool computes in float32 with one bandwidth for all; this is the same formula in float64"}},
  };
  return c;
}

FieldTable<ConditionalCsOptions> table(const EstimatorCard& card) {
  FieldTable<ConditionalCsOptions> t;
  fields::add_kernel_and_bandwidth(t, nonnegative_kernel_choices());
  fields::add_seed(t, "Names the rows that the median rule draws for n > 4096");
  fields::add_entropy_unit(t);
  fields::add_convention(t, card);
  return t;
}

struct Terms {
  double yy = 0, zz = 0, zy = 0;
};

// What row j of K weighs out of row j of each of the others, divided by the row's own weight.
Terms terms(const SymmetricMatrix<double>& k, const SymmetricMatrix<double>& yz, bool squares, const Context& context) {
  const std::size_t n = k.n();
  std::vector<Terms> rows(n);
  detail::for_each_row(n, context, [&](std::size_t j) {
    Sum weight, yy, zz, zy;
    for (std::size_t i = 0; i < n; ++i) {
      const double w = k(j, i);
      weight.add(squares ? w * w : w);
      yy.add(w * yz(j, i));
      zz.add(w * yz(n + j, n + i));
      zy.add(w * yz(n + j, i));
    }
    const double by = squares ? weight.value() : weight.value() * weight.value();
    rows[j] = {yy.value() / by, zz.value() / by, zy.value() / by};
  });
  Sum yy, zz, zy;
  for (const Terms& row : rows) {
    yy.add(row.yy);
    zz.add(row.zz);
    zy.add(row.zy);
  }
  return {yy.value(), zz.value(), zy.value()};
}

Outcome find(const Samples& samples, const ConditionalCsOptions& o, Estimate& e, const Context& context) {
  const SampleMatrix &x = samples[0], &y = samples[1], &z = samples[2];
  require_same_features(y, z, "y", "z", e);
  examine(samples, {"x", "y", "z"}, {}, e, context);
  e.backend_requested = e.backend_used = "gram";
  const SampleMatrix both = stacked({y, z}, context);
  const double sigma = named_bandwidth(x, "x", "", o.kernel, o.seed, e, context);
  const double sigma_yz = named_bandwidth(both, "y and z together", "y_", o.kernel, o.seed, e, context);
  const Terms t = terms(kernel_matrix(x, o.kernel, sigma, context), kernel_matrix(both, o.kernel, sigma_yz, context),
                        o.compat == "cs-ib-conditional", context);
  flag_apart(t.zy, "y and z", e);
  const double yy = std::log(t.yy), zz = std::log(t.zz), zy = std::log(t.zy), value = yy + zz - 2 * zy;
  return {value, std::nullopt,
          kernel_text(o.kernel, e) + "; ln T_L = " + shown(yy) + "; ln T_M = " + shown(zz) + "; ln T_N = " + shown(zy) +
              "; D = " + shown(yy) + " + " + shown(zz) + " - 2 * " + shown(zy) + " = " + shown(value)};
}

const Quantity<ConditionalCsOptions>& measure() {
  static const Quantity<ConditionalCsOptions> measure{card(), table(card()), find};
  return measure;
}

}  // namespace

Estimate conditional_cs_divergence(const SampleMatrix& x, const SampleMatrix& y, const SampleMatrix& z, const ConditionalCsOptions& options,
                                   const Context& context) {
  return detail::estimate(measure(), {{x, y, z}, {}, {}}, options, context);
}

const EstimatorInfo& conditional_cs_divergence_info() {
  static const EstimatorInfo info = detail::info_of(measure());
  return info;
}

}  // namespace entrospect
