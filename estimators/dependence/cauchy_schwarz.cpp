#include "entrospect/estimators/dependence/cauchy_schwarz.hpp"

#include <cmath>

#include "entrospect/estimators/dependence/fields.hpp"
#include "entrospect/estimators/dependence/group_sums.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "cs_divergence";
    c.aliases = {"cauchy_schwarz_divergence"};
    c.summary =
        "How far apart the distributions of two samples are: minus the logarithm of the cosine between their smoothed densities, twice.";
    c.formula =
        "D_CS = ln mean Kx + ln mean Ky - 2 ln mean Kxy, Kx_ij = k(x_i, x_j), Ky_ij = k(y_i, y_j), Kxy_ij = k(x_i, y_j), means over all "
        "pairs";
    c.unit = "entropy";
    c.range = "[0, inf)";
    c.cap = "none";
    c.cost = "O((n_x + n_y)^2 (d + n_null))";
    c.references = {"Principe, Xu, Fisher: Information-theoretic learning, in Unsupervised Adaptive Filtering, Wiley 2000",
                    "Jenssen, Principe, Erdogmus, Eltoft: The Cauchy-Schwarz divergence and Parzen windowing, J. Franklin Inst. 2006"};
    c.sample_names = {"x", "y"};
    c.paired = false;
    c.conventions = {{"paper", false, "", {}, {}}};
    return c;
  }();
  return card;
}

const FieldTable<CauchySchwarzOptions>& table() {
  using O = CauchySchwarzOptions;
  static const FieldTable<O> table = [] {
    FieldTable<O> t;
    fields::add_kernel_and_bandwidth(t, nonnegative_kernel_choices());
    fields::add_null(t);
    fields::add_seed(t, "Names the permutations, and the rows that the median rule draws for n_x + n_y > 4096");
    fields::add_entropy_unit(t);
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

struct Logarithms {
  double x = 0, y = 0, xy = 0;  // of the means
  [[nodiscard]] double divergence() const { return x + y - 2 * xy; }
};

Logarithms logarithms(const GroupSums& s, double n_x, double n_y) {
  return {std::log(s.xx / (n_x * n_x)), std::log(s.yy / (n_y * n_y)), std::log(s.xy / (n_x * n_y))};
}

Estimate compute(const Pair& pair, const CauchySchwarzOptions& o, const Context& context) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  e.unit = o.unit;
  const GroupPlan plan{o.kernel, false, o.null == PermutationNull::permutation ? o.n_null : 0, o.seed};
  const TwoSampleSums sums = group_sums(pair, plan, e, context);
  const auto n_x = static_cast<double>(sums.n_x), n_y = static_cast<double>(sums.n_y);
  const Logarithms ln = logarithms(sums.given, n_x, n_y);
  const double nats = ln.divergence();
  set_number(e, nats, std::nullopt, o.unit);
  e.substituted = kernel_text(o.kernel, e) + "; ln mean Kx = " + shown(ln.x) + "; ln mean Ky = " + shown(ln.y) +
                  "; ln mean Kxy = " + shown(ln.xy) + "; D_CS = " + shown(ln.x) + " + " + shown(ln.y) + " - 2 * " + shown(ln.xy) + " = " +
                  shown(nats) + " nats" + unit_step(nats, o.unit);
  if (sums.null.empty()) return e;
  std::vector<double> null;
  for (const GroupSums& dealt : sums.null) null.push_back(logarithms(dealt, n_x, n_y).divergence() * nats_to(o.unit));
  add_null(e, null, 4 * sums.error() / sums.largest * nats_to(o.unit), o.seed);
  return e;
}

}  // namespace

Estimate cs_divergence(const SampleMatrix& x, const SampleMatrix& y, const CauchySchwarzOptions& options, const Context& context) {
  detail::check_inputs(card(), {{x, y}, std::nullopt, {}});
  CauchySchwarzOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute({x, y}, o, context);
}

const EstimatorInfo& cs_divergence_info() {
  static const EstimatorInfo info = make_estimator<CauchySchwarzOptions>(
      card(), table(), [](const Inputs& inputs, const CauchySchwarzOptions& o, const Context& context) {
        return compute({inputs.samples[0], inputs.samples[1]}, o, context);
      });
  return info;
}

}  // namespace entrospect
