#include "entrospect/estimators/weights/marchenko_pastur.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/estimators/permutation_null.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using O = MarchenkoPasturOptions;
using NoiseIndex = detail::Quantity<O>;

const Choices<NoiseEdge>& edge_choices() {
  static const Choices<NoiseEdge> choices{{"formula", NoiseEdge::formula}, {"shuffled", NoiseEdge::shuffled}};
  return choices;
}

struct Noise {
  std::vector<double> lam;  // descending; empty when W = 0
  double total = 0, ratio = 1, edge = 0;
  std::optional<double> edge_error;
  std::string steps;
};

double largest_shuffled(const std::vector<double>& entries, const SampleMatrix& x, std::uint64_t m, const Covariance& affinity, const O& o,
                        const Context& context) {
  const std::vector<std::size_t> order = null_stream(o.seed, m).permutation(entries.size());
  std::vector<double> shuffled;
  shuffled.reserve(entries.size());
  for (const std::size_t i : order) shuffled.push_back(entries[i]);
  return spectrum(owned_matrix(std::move(shuffled), x.n(), x.d()), affinity, {o.solver}, context)->values.front();
}

Noise noise_of(const SampleMatrix& x, const O& o, Estimate& e, const Context& context) {
  const PreparedRows rows = prepare_rows(x, {}, e, context);
  const auto m = static_cast<double>(std::min(x.n(), x.d())), n = static_cast<double>(std::max(x.n(), x.d()));
  const Covariance affinity{n, o.side};
  const auto s = spectrum(rows.x, affinity, {o.solver}, context);
  add_spectrum(e, *s);
  if (!(s->trace > 0)) return {};
  Noise out{psd_weights(*s, e.estimator), s->trace, std::pow(1 + std::sqrt(m / n), 2), 0, {}, {}};
  out.lam.resize(std::min(out.lam.size(), static_cast<std::size_t>(m)));  // the larger side has zeros besides
  const double variance = out.total / m;
  out.steps = rows_text(rows.x) + "; v = " + shown(out.total) + " / " + shown(m) + " = " + shown(variance);
  if (o.edge == NoiseEdge::formula) {
    out.edge = variance * out.ratio;
    out.steps += "; edge = " + shown(variance) + " * " + shown(out.ratio) + " = " + shown(out.edge);
  } else {
    std::vector<double> entries(x.n() * x.d()), largest;
    RowLoader(rows.x, context).load(0, x.n(), entries.data(), x.d());
    Context forgetful = context;  // nobody asks for a shuffled matrix again
    forgetful.memo = nullptr;
    for (std::uint64_t i = 0; i < o.n_null; ++i) largest.push_back(largest_shuffled(entries, x, i, affinity, o, forgetful));
    const auto count = static_cast<double>(largest.size());
    out.edge = sum(largest) / count;
    Sum squares;
    for (const double v : largest) squares.add((v - out.edge) * (v - out.edge));
    if (largest.size() > 1) out.edge_error = std::sqrt(squares.value() / (count - 1) / count);
    out.steps += "; edge = mean lam_1 of " + shown(count) + " shuffled matrices = " + shown(out.edge);
    e.seed = o.seed;
    e.diagnostics.set("copied", std::string("entries to shuffle"));
  }
  e.diagnostics.set("edge", out.edge);
  e.diagnostics.set("aspect_ratio", n / m);
  e.diagnostics.set("spikes",
                    static_cast<std::int64_t>(std::count_if(out.lam.begin(), out.lam.end(), [&](double v) { return v > out.edge; })));
  return out;
}

std::string formula_of(const std::string& value, const O& o) {
  return value + ", lam eigenvalues of x^T x / N, N = max(n, d), M = min(n, d), edge = " +
         (o.edge == NoiseEdge::formula ? "v (1 + sqrt(M / N))^2, v = sum lam / M" : "mean lam_1 of matrices with shuffled entries");
}
const std::string kSoftRank = "edge / lam_1", kSpikeShare = "sum of lam > edge / sum lam";

Finding soft_rank(const SampleMatrix& x, const O& o, Estimate& e, const Context& context) {
  e.formula = formula_of(kSoftRank, o);
  const Noise noise = noise_of(x, o, e, context);
  if (noise.lam.empty()) return {};
  const double value = noise.edge / noise.lam.front();
  if (noise.edge_error) {
    e.std_error = *noise.edge_error / noise.lam.front();
    e.interval_method = "shuffles";
  }
  // lam_1 is at least the mean of all; of shuffled entries, which have the same sum of squares, at most M times that.
  const double cap = o.edge == NoiseEdge::formula ? noise.ratio : static_cast<double>(noise.lam.size());
  return {value, cap, Unit::none,
          noise.steps + "; lam_1 = " + shown(noise.lam.front()) + "; " + shown(noise.edge) + " / " + shown(noise.lam.front()) + " = " +
              shown(value)};
}

Finding spike_share(const SampleMatrix& x, const O& o, Estimate& e, const Context& context) {
  e.formula = formula_of(kSpikeShare, o);
  const Noise noise = noise_of(x, o, e, context);
  if (noise.lam.empty()) return {std::numeric_limits<double>::quiet_NaN(), 1.0, Unit::none, {}};
  Sum above;
  for (const double v : noise.lam)
    if (v > noise.edge) above.add(v);
  const double value = above.value() / noise.total;
  return {value, 1.0, Unit::none,
          noise.steps + "; sum of lam > edge = " + shown(above.value()) + "; " + shown(above.value()) + " / " + shown(noise.total) + " = " +
              shown(value)};
}

NoiseIndex noise_index(EstimatorCard c, Finding (*find)(const SampleMatrix&, const O&, Estimate&, const Context&),
                       const std::string& value) {
  const std::string shuffled = "shuffled";
  c.formula = formula_of(value, {});
  c.unit = "none";
  c.resampling = Resampling::none;
  c.cost = "O(n d min(n, d)), n_null + 1 times as much for a shuffled edge";
  c.references = {"Martin, Mahoney: Implicit self-regularization in deep neural networks, JMLR 2021",
                  "Marchenko, Pastur: Distribution of eigenvalues for some sets of random matrices, Math. USSR-Sbornik 1967"};
  c.conventions = {{"formula", false, "", {}, {}},
                   {shuffled, false, formula_of(value, {.edge = NoiseEdge::shuffled}), {{"edge", shuffled}}, {}}};
  NoiseIndex out{std::move(c), {}, find};
  out.footprint = [](const O& o, std::size_t n, std::size_t d) {
    Footprint f = covariance_footprint(n, d);
    if (o.edge == NoiseEdge::shuffled) f = {false, f.bytes + 24 * static_cast<double>(n) * static_cast<double>(d)};
    return f;
  };
  out.table.choice(
      "edge", [](O& options) -> NoiseEdge& { return options.edge; }, edge_choices(),
      "Largest eigenvalue of noise: Marchenko and Pastur's formula, or the mean over matrices with shuffled entries");
  out.table.integer(
      "n_null", [](O& options) -> std::size_t& { return options.n_null; }, {1, 1e6, false, false}, "Matrices of edge = shuffled");
  fields::add_seed(out.table, "Names the shuffles");
  fields::add_side(out.table);
  fields::add_solver(out.table);
  fields::add_convention(out.table, out.card);
  return out;
}

const NoiseIndex& soft_rank_index() {
  static const NoiseIndex index = [] {
    EstimatorCard c;
    c.name = "mp_soft_rank";
    c.summary = "Largest eigenvalue that noise would have, relative to that of the weight matrix.";
    c.range = "(0, cap]";
    c.cap = "(1 + sqrt(M / N))^2; M for a shuffled edge";
    return noise_index(std::move(c), soft_rank, kSoftRank);
  }();
  return index;
}

const NoiseIndex& spike_share_index() {
  static const NoiseIndex index = [] {
    EstimatorCard c;
    c.name = "mp_spike_share";
    c.summary = "Share of a weight matrix's energy in eigenvalues that noise would not have.";
    c.range = "[0, 1]";
    c.cap = "1";
    return noise_index(std::move(c), spike_share, kSpikeShare);
  }();
  return index;
}

}  // namespace

Estimate mp_soft_rank(const SampleMatrix& x, const MarchenkoPasturOptions& options, const Context& context) {
  return detail::estimate(soft_rank_index(), x, options, context);
}
Estimate mp_spike_share(const SampleMatrix& x, const MarchenkoPasturOptions& options, const Context& context) {
  return detail::estimate(spike_share_index(), x, options, context);
}

const EstimatorInfo& mp_soft_rank_info() {
  static const EstimatorInfo info = detail::info_of(soft_rank_index());
  return info;
}
const EstimatorInfo& mp_spike_share_info() {
  static const EstimatorInfo info = detail::info_of(spike_share_index());
  return info;
}

}  // namespace entrospect
