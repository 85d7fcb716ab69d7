#include "entrospect/estimators/spectral_entropy/diffusion_matrix.hpp"

#include <cmath>
#include <span>
#include <variant>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_paper.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;

// Rows of affinities, all entries or those of a graph.
class Affinities {
 public:
  explicit Affinities(SymmetricMatrix<double> k) : k_(std::move(k)) {}
  explicit Affinities(SparseMatrix k) : k_(std::move(k)) {}

  [[nodiscard]] std::size_t n() const {
    const auto* dense = std::get_if<SymmetricMatrix<double>>(&k_);
    return dense != nullptr ? dense->n() : std::get<SparseMatrix>(k_).n;
  }
  // use(column, value) for every stored entry of row i.
  template <class Use>
  void for_row(std::size_t i, Use use) const {
    if (const auto* dense = std::get_if<SymmetricMatrix<double>>(&k_)) {
      for (std::size_t j = 0; j < dense->n(); ++j) use(j, (*dense)(i, j));
      return;
    }
    const SparseMatrix& graph = std::get<SparseMatrix>(k_);
    for (std::size_t e = graph.starts[i]; e < graph.starts[i + 1]; ++e) use(graph.columns[e], graph.values[e]);
  }

 private:
  std::variant<SymmetricMatrix<double>, SparseMatrix> k_;
};

Affinities affinities(const SampleMatrix& x, const DiffusionWalk& walk, std::uint64_t seed, Estimate& e, const Context& context) {
  if (walk.graph != Graph::dense)
    return Affinities(
        neighbor_graph(nearest_neighbors(x, walk.k, Metric::l2, context), weights_of(walk.graph), walk.symmetrize, walk.least_scale));
  if (walk.kernel.kind == KernelKind::precomputed) return Affinities(precomputed_matrix(x, 1e-10, context));
  return Affinities(gram_matrix<double>(x, walk.kernel, resolve_bandwidth(x, walk.kernel, seed, e.diagnostics, context), context));
}

// -p ln p with the tool's epsilon added to p first.
double term(double p, double epsilon) { return p + epsilon > 0 ? -(p + epsilon) * std::log(p + epsilon) : 0; }

// Rows of K that a walk can leave: entries >= 0 that sum to a positive number.
std::vector<double> row_sums(const Affinities& k, std::span<const double> weights, const Context& context) {
  std::vector<double> out(k.n());
  parallel_for(context, k.n(), [&](std::size_t i) {
    Sum total;
    k.for_row(i, [&](std::size_t j, double value) {
      if (!(value >= 0))
        throw InvalidArgument("affinity of rows " + std::to_string(i) + " and " + std::to_string(j) + " is " + shown(value) +
                              "; transition probabilities need affinities in [0, inf)");
      total.add(value * weights[j]);
    });
    out[i] = total.value();
    if (!(out[i] > 0) || !std::isfinite(out[i]))
      throw InvalidArgument("affinities of row " + std::to_string(i) + " sum to " + shown(out[i]) + "; every row needs a sum in (0, inf)");
  });
  return out;
}

// P_ij = K_ij s_j / sum_j K_ij s_j with s = q^-a: the other factors of K_a cancel.
double entropy_of(const Affinities& k, double anisotropy, double epsilon, const Context& context) {
  const std::size_t n = k.n();
  std::vector<double> weights = row_sums(k, std::vector<double>(n, 1.0), context);
  for (double& q : weights) q = std::pow(q, -anisotropy);
  const std::vector<double> sums = row_sums(k, weights, context);
  std::vector<double> entropies(n);
  parallel_for(context, n, [&](std::size_t i) {
    Sum total;
    std::size_t stored = 0;
    k.for_row(i, [&](std::size_t j, double value) {
      total.add(term(value * weights[j] / sums[i] / static_cast<double>(n), epsilon));
      ++stored;
    });
    entropies[i] = total.value() + static_cast<double>(n - stored) * term(0, epsilon);
  });
  return sum(entropies);
}

Finding find(const SampleMatrix& x, const DiffusionMatrixOptions& o, Estimate& e, const Context& context) {
  const DiffusionWalk walk = walk_of(o, e.estimator);
  const WalkRows prepared = walk_rows(x, o, walk, e, context);
  const Affinities k = affinities(prepared.rows.x, walk, o.seed, e, context);
  const double nats = entropy_of(k, o.anisotropy, walk.epsilon, context);
  e.backend_requested = e.backend_used = o.graph == Graph::dense ? "gram" : "neighbor-graph";
  const double most = 2 * std::log(static_cast<double>(k.n()));
  return {nats, most, o.unit, prepared.text(walk, e) + "; " + entropy_steps(1, nats) + unit_step(nats, o.unit)};
}

const Quantity<DiffusionMatrixOptions>& index() {
  static const auto index = [] {
    const std::string walk = ", P = D^-1 K_a, D = diag(K_a 1), K_a = diag(K 1)^-a K diag(K 1)^-a, K of kernel or graph";
    EstimatorCard c;
    c.name = "diffusion_matrix_entropy";
    c.aliases = {"dmee"};
    c.summary = "Entropy of all transition probabilities of a random walk on the samples.";
    c.formula = "DMEE = -sum p ln p, p = P_ij / n for all i, j" + walk;
    c.unit = "entropy";
    c.range = "[ln n, 2 ln n]";
    c.cap = "2 ln n";
    c.cost = "O(n^2 d)";
    c.references = {kDiffusionPaper};
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"dse-dsmi",
         true,
         "DMEE = -sum p ln p, p = P_ij / n + 2.2e-16 for all i, j" + walk,
         {{"anisotropy", 0.5}, {"bandwidth", 10.0}, {"unit", std::string("bits")}},
         {"2.2e-16 is added to every p without renormalizing",
          "more than 10000 rows are cut to a random 10000; the tool's rule, not its draws"}},
    };
    Quantity<DiffusionMatrixOptions> out{std::move(c), {}, find};
    fields::add_anisotropy(out.table);
    fields::add_graph(out.table);
    fields::add_rows(out.table);
    fields::add_seed(out.table, "Names the rows that automatic bandwidths draw");
    fields::add_entropy_unit(out.table);
    fields::add_convention(out.table, out.card);
    out.footprint = [](const DiffusionMatrixOptions& o, std::size_t n, std::size_t) {
      return o.graph == Graph::dense ? pairs_footprint(n) : Footprint{false, 96 * static_cast<double>(n) * static_cast<double>(o.k)};
    };
    return out;
  }();
  return index;
}

}  // namespace

Estimate diffusion_matrix_entropy(const SampleMatrix& x, const DiffusionMatrixOptions& options, const Context& context) {
  return detail::estimate(index(), x, options, context);
}

const EstimatorInfo& diffusion_matrix_entropy_info() {
  static const EstimatorInfo info = detail::info_of(index());
  return info;
}

}  // namespace entrospect
