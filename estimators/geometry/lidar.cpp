#include "entrospect/estimators/geometry/lidar.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/classes.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/whitening.hpp"

namespace entrospect {
namespace {

using detail::ClassMoments;
using detail::Finding;
using LidarIndex = detail::Quantity<LidarOptions>;

const std::string kSkean = "skean", kStablePretraining = "stable-pretraining", kJax = "stable-pretraining-jax", kReptrix = "reptrix";
constexpr double kStableEpsilon = 1e-8;   // added to each eigenvalue
constexpr double kJaxEpsilon = 1e-12;     // added to each weight before it is normalized again
constexpr double kReptrixEpsilon = 1e-7;  // added to each weight
constexpr std::size_t kReptrixValues = 2048;

std::string formula_of(bool unbiased) {
  const std::string m = unbiased ? "1/(C - 1)" : "1/C", q = unbiased ? "1/(n_c - 1)" : "1/n_c";
  return "exp(H_1(p)), p = lam / sum lam, lam eigenvalues of S_w^-1/2 S_b S_w^-1/2, S_b = " + m +
         " sum_c (m_c - m)(m_c - m)^T, S_w = 1/C sum_c " + q + " sum_i (z_i - m_c)(z_i - m_c)^T + delta I";
}

// What divides the sums over groups and over the rows of a group of that many.
struct Denominators {
  double between = 1;
  std::vector<double> within;
};
Denominators denominators(const ClassMoments& m, const LidarOptions& o) {
  const auto groups = static_cast<double>(m.classes);
  Denominators out{o.compat == kReptrix ? 1 : o.unbiased ? groups - 1 : groups, {}};
  const double pooled = static_cast<double>(m.n) - groups;
  for (const double size : m.sizes)
    out.within.push_back(o.compat == kJax ? pooled : groups * (o.compat == kReptrix ? 1 : o.unbiased ? size - 1 : size));
  return out;
}

SymmetricMatrix<double> within(const ClassMoments& m, const Denominators& by, const Context& context) {
  std::vector<double> weights;
  for (const std::size_t c : m.of) weights.push_back(1 / by.within[c]);
  return scatter_matrix<double>(SampleMatrix(m.residuals.data(), m.n, m.d), weights, context);
}

// Y^T Y of C x d rows, as d rows of data.
SampleMatrix products_of(const SampleMatrix& y, const Context& context) {
  const SymmetricMatrix<double> a = scatter_matrix<double>(y, {}, context);
  return owned_matrix({a.data(), a.data() + a.n() * a.n()}, a.n(), a.n());
}

Finding find(const Inputs& inputs, const LidarOptions& o, Estimate& e, const Context& context) {
  refuse_single(e, o.solver.precision, true, "S_w is inverted");
  if (o.compat.empty()) e.formula = formula_of(o.unbiased);
  const detail::GroupedRows grouped = detail::grouped_rows(inputs, {}, 2, e, context);
  const ClassMoments m = detail::class_moments(grouped, context);
  if (!m.separated) {
    if (e.ok()) e.flag(Status::degenerate, "the means of all " + std::to_string(m.classes) + " groups are equal to round-off");
    return {std::numeric_limits<double>::quiet_NaN(), {}, Unit::count, {}};
  }
  const Denominators by = denominators(m, o);
  SymmetricMatrix<double> s_w = within(m, by, context);
  const double diagonal = s_w.trace() / static_cast<double>(m.d), relative = o.delta / diagonal;
  e.diagnostics.set("mean_within_variance", diagonal);
  if (diagonal > 0) e.diagnostics.set("relative_delta", relative);
  if (diagonal == 0) e.warnings.emplace_back("the rows of every group are equal: S_w is delta alone, and no noise is looked at");
  for (std::size_t j = 0; j < m.d; ++j) s_w(j, j) += o.delta;
  check_cancelled(context);
  const bool reptrix = o.compat == kReptrix;  // its further treatment of the matrix is not free of rotations
  std::vector<double> y = m.between;
  const auto rank = static_cast<double>(std::min(m.classes - 1, m.d));
  if (!whiten_rows(s_w, reptrix ? Root::symmetric : Root::triangular, y)) {
    e.flag(Status::degenerate, "the within-group covariance is singular to round-off: delta = " + shown(o.delta) +
                                   " is too small for a mean variance of " + shown(diagonal) + "; raise delta");
    return {std::numeric_limits<double>::quiet_NaN(), rank, Unit::count, {}};
  }
  std::string steps = grouped.text() + "; mean diagonal of S_w = " + shown(diagonal) + ", delta = " + shown(o.delta);
  const SampleMatrix rows = owned_matrix(std::move(y), m.classes, m.d);
  const auto s = reptrix ? spectrum(products_of(rows, context).centered(), Covariance{1, o.side}, {o.solver}, context)
                         : spectrum(rows, Covariance{by.between, o.side}, {o.solver}, context);
  add_spectrum(e, *s);
  std::vector<double> lam = psd_weights(*s, e.estimator);
  if (lam.empty()) return {std::numeric_limits<double>::quiet_NaN(), rank, Unit::count, {}};
  if (reptrix) lam.resize(std::min(m.d, kReptrixValues), 0.0);
  if (o.compat == kStablePretraining) {
    lam.resize(m.d, 0.0);
    for (double& v : lam) v += kStableEpsilon;
  }
  if (o.compat == kJax) {
    lam.resize(m.d, 0.0);
    const double total = sum(lam);
    for (double& v : lam) v = v / total + kJaxEpsilon;
  }
  const double nats = shifted_renyi_entropy(lam, 1, reptrix ? kReptrixEpsilon : 0, 0);
  steps += "; lam_1 = " + shown(lam.front()) + "; sum lam = " + shown(sum(lam)) + "; " + entropy_steps(1, nats);
  if (o.compat == kSkean) return {nats, std::log(rank), Unit::nats, steps};
  return {std::exp(nats), rank, Unit::count, steps + exp_step(nats)};
}

const LidarIndex& lidar_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "lidar";
    c.summary = "Number of directions in which groups of augmentations differ, relative to the scatter within a group.";
    c.formula = formula_of(false);
    c.unit = "count";
    c.range = "[1, min(C - 1, d)]";
    c.cap = "min(C - 1, d), C groups";
    c.cost = "O(n d^2 + d^3 + C d^2)";
    c.references = {
        "Thilak, Huang, Saremi, Dinh, Goh, Nakkiran, Susskind, Littwin: LiDAR, sensing linear probing performance in joint "
        "embedding SSL architectures, ICLR 2024"};
    c.labels = Need::required;
    c.resampling = Resampling::groups;
    const std::string float32 = "the tool computes in the input's precision; this is float64";
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"unbiased", false, formula_of(true), {{"unbiased", true}}, {}},
        {kSkean, true, "H_1(p), p as in the paper", {}, {"the entropy itself is returned, not its exponential", float32}},
        {kStablePretraining,
         true,
         "exp(H_1(p)), p = (lam + 1e-8) / sum (lam + 1e-8) over all d eigenvalues, with 1/(C - 1) and 1/(n_c - 1)",
         {{"unbiased", true}},
         {"1e-8 is added to all d eigenvalues before normalizing, zeros included",
          "the tool cuts a queue into groups in sequence, whatever lies there; here labels say which rows belong together", float32}},
        {kJax,
         true,
         "exp(H_1(p)), p = (lam / sum lam + 1e-12) over all d eigenvalues, divided by their sum, with 1/(C - 1) and S_w = 1/(n - C) sum_c "
         "sum_i (z_i - m_c)(z_i - m_c)^T + delta I",
         {{"unbiased", true}},
         {"1e-12 is added to all d weights, zeros included", "S_w is pooled: a large group weighs more than a small one"}},
        {kReptrix,
         true,
         "exp(-sum p ln p), p = s^2 / sum s^2 + 1e-7, s the d singular values of A with centered columns, at most 2048, A = S_w^-1/2 S_b "
         "S_w^-1/2 with sums over groups and rows that nothing divides, but S_w by C",
         {{"delta", 1e-6}},
         {"the matrix is used as if it were data: its columns are centered and its eigenvalues squared",
          "scatter sums are not divided by the number of rows, so delta weighs less", "1e-7 is added after normalizing", float32}},
    };
    LidarIndex out{std::move(c), {}, find};
    out.footprint = [](const LidarOptions&, std::size_t n, std::size_t d) { return detail::class_footprint(n, d); };
    out.table.number(
        "delta", [](LidarOptions& o) -> double& { return o.delta; }, fields::kPositive,
        "Added to the diagonal of the within-group covariance");
    out.table.flag(
        "unbiased", [](LidarOptions& o) -> bool& { return o.unbiased; }, "Divide by C - 1 and n_c - 1 instead of C and n_c");
    fields::add_side(out.table);
    fields::add_solver(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate lidar(const SampleMatrix& x, const Labels& labels, const LidarOptions& options, const Context& context) {
  return detail::estimate(lidar_index(), {{x}, labels, {}}, options, context);
}

const EstimatorInfo& lidar_info() {
  static const EstimatorInfo info = detail::info_of(lidar_index());
  return info;
}

}  // namespace entrospect
