#include "entrospect/estimators/dependence/cauchy_schwarz.hpp"

#include <cmath>

#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/estimators/dependence/group_sums.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

EstimatorCard card() {
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
}

FieldTable<CauchySchwarzOptions> table(const EstimatorCard& card) {
  FieldTable<CauchySchwarzOptions> t;
  fields::add_kernel_and_bandwidth(t, nonnegative_kernel_choices());
  fields::add_null(t);
  fields::add_seed(t, "Names the permutations, and the rows that the median rule draws for n_x + n_y > 4096");
  fields::add_entropy_unit(t);
  fields::add_convention(t, card);
  return t;
}

struct Logarithms {
  double x = 0, y = 0, xy = 0;  // of the means
  [[nodiscard]] double divergence() const { return x + y - 2 * xy; }
};

Logarithms logarithms(const GroupSums& s, double n_x, double n_y) {
  return {std::log(s.xx / (n_x * n_x)), std::log(s.yy / (n_y * n_y)), std::log(s.xy / (n_x * n_y))};
}

Outcome find(const Samples& samples, const CauchySchwarzOptions& o, Estimate& e, const Context& context) {
  const TwoSampleSums sums = group_sums({samples[0], samples[1]}, {o.kernel, false, detail::null_count(o), o.seed}, e, context);
  const auto n_x = static_cast<double>(sums.n_x), n_y = static_cast<double>(sums.n_y);
  const Logarithms ln = logarithms(sums.given, n_x, n_y);
  flag_apart(sums.given.xy, "x and y", e);
  Outcome out{ln.divergence(), std::nullopt,
              kernel_text(o.kernel, e) + "; ln mean Kx = " + shown(ln.x) + "; ln mean Ky = " + shown(ln.y) +
                  "; ln mean Kxy = " + shown(ln.xy) + "; D_CS = " + shown(ln.x) + " + " + shown(ln.y) + " - 2 * " + shown(ln.xy) + " = " +
                  shown(ln.divergence())};
  for (const GroupSums& dealt : sums.null) out.null.push_back(logarithms(dealt, n_x, n_y).divergence());
  out.tie = 4 * sums.error() / sums.largest;
  return out;
}

SampleGradient gradient_of_logarithms(const Samples& samples, const CauchySchwarzOptions& o, const Estimate& e, const Context& context) {
  const auto slopes = [&](const GroupSums& s) {
    GroupSums out;
    out.xx = nats_to(o.unit) / s.xx;
    out.xy = -2 * nats_to(o.unit) / s.xy;
    return out;
  };
  return group_gradient({samples[0], samples[1]}, o.kernel, e, slopes, context);
}

const Quantity<CauchySchwarzOptions>& measure() {
  static const Quantity<CauchySchwarzOptions> measure{card(), table(card()), find, {}, gradient_of_logarithms};
  return measure;
}

}  // namespace

Estimate cs_divergence(const SampleMatrix& x, const SampleMatrix& y, const CauchySchwarzOptions& options, const Context& context) {
  return detail::estimate(measure(), {{x, y}, {}, {}}, options, context);
}

const EstimatorInfo& cs_divergence_info() {
  static const EstimatorInfo info = detail::info_of(measure());
  return info;
}

}  // namespace entrospect
