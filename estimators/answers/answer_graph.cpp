#include "entrospect/estimators/answers/answer_graph.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/answers/detail/similarity.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/spectral/decomposition.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;

EstimatorCard card(std::string name, std::string summary, std::string formula) {
  EstimatorCard c;
  c.name = std::move(name);
  c.summary = std::move(summary);
  c.formula = std::move(formula);
  c.cost = "O(n^2 d + n^3)";
  c.conventions = {{"paper", false, "", {}, {}}};
  return c;
}

PreparedRows prepare(const SampleMatrix& x, const Kernel& kernel, Estimate& e, const Context& context) {
  PreparedRows rows = detail::prepare_answers(x, kernel.kind, ZeroRows::error, e, context);
  if (kernel.kind == KernelKind::precomputed && x.n() == x.d()) detail::require_nonnegative(rows.x, context);
  return rows;
}

// ---- kernel_language_entropy

// L = D - W in place of W. What an answer shares with itself cancels.
void make_laplacian(SymmetricMatrix<double>& w) {
  const std::size_t n = w.n();
  for (std::size_t i = 0; i < n; ++i) {
    Sum degree;
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      degree.add(w(i, j));
      w(i, j) = -w(i, j);
    }
    w(i, i) = degree.value();
  }
}

// B with B^T B = exp(-t L) divided by the roots of its diagonal on both sides: rows exp(-t lam / 2) v^T over the eigenvectors v of L, then
// columns of length 1.
std::vector<double> heat_factor(const Spectrum& s, std::vector<double> vectors, double t) {
  const std::size_t n = s.values.size();
  const double zero = s.rank_tolerance * std::max(s.values.front(), 0.0);
  std::vector<double> squares(n);
  for (std::size_t r = 0; r < n; ++r) {
    const double lam = s.values[n - 1 - r];
    const double scale = lam > zero ? std::exp(-t * lam / 2) : 1.0;
    for (std::size_t i = 0; i < n; ++i) {
      double& v = vectors[r * n + i];
      v *= scale;
      squares[i] += v * v;
    }
  }
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t i = 0; i < n; ++i) vectors[r * n + i] /= std::sqrt(squares[i]);
  return vectors;
}

Finding language_entropy(const SampleMatrix& x, const KernelLanguageOptions& o, Estimate& e, const Context& context) {
  e.unit = o.normalizer == LanguageNormalizer::none ? o.unit : Unit::none;
  refuse_single(e, o.solver.precision, true, "the heat kernel needs eigenvectors, which are computed in float64");
  const PreparedRows rows = prepare(x, o.kernel, e, context);
  SymmetricMatrix<double> graph = detail::similarities(rows, o.kernel, e, context);
  make_laplacian(graph);
  Decomposition found;
  SpectrumOptions with_vectors{o.solver};
  with_vectors.decomposition = &found;
  const Spectrum laplacian = spectrum(std::move(graph), with_vectors, context);
  if (laplacian.status != Status::ok) {
    add_spectrum(e, laplacian);
    return {};
  }
  const std::vector<double> b = heat_factor(laplacian, std::move(found.vectors), o.t);
  const std::size_t n = x.n();
  const Spectrum heat = spectrum(scatter_matrix<double>(SampleMatrix(b.data(), n, n), {}, context), {o.solver}, context);
  add_spectrum(e, heat);
  e.diagnostics.set("laplacian_largest", laplacian.values.front());
  e.diagnostics.set("laplacian_trace", laplacian.trace);
  const double nats = renyi_entropy(heat, 1, e.estimator), cap = std::log(static_cast<double>(n));
  const std::string steps =
      kernel_text(o.kernel, e) + "; tr L = " + shown(laplacian.trace) + "; t = " + shown(o.t) + "; " + entropy_steps(1, nats);
  if (o.normalizer == LanguageNormalizer::none) return {nats, cap, o.unit, steps + unit_step(nats, o.unit)};
  return {nats / cap, 1.0, Unit::none, steps + "; " + shown(nats) + " / ln " + std::to_string(n) + " = " + shown(nats / cap)};
}

const Quantity<KernelLanguageOptions>& language_index() {
  using O = KernelLanguageOptions;
  static const auto index = [] {
    EstimatorCard c =
        card("kernel_language_entropy", "Disagreement of several answers to one question: entropy of a heat kernel on their graph.",
             "-sum p ln p / normalizer, p eigenvalues of K_ij / (n sqrt(K_ii K_jj)), K = exp(-t L), L = D - W, W = kernel of the "
             "rows, D_ii = sum_j W_ij");
    c.aliases = {"kle"};
    c.unit = "entropy";
    c.range = "[0, ln n]";
    c.cap = "ln n; 1 when divided by it";
    c.references = {
        "Nikitin, Kossen, Gal, Marttinen: Kernel language entropy, fine-grained uncertainty quantification for LLMs from semantic "
        "similarities, NeurIPS 2024"};
    Quantity<O> out{std::move(c), {}, language_entropy};
    out.footprint = [](const O&, std::size_t n, std::size_t) { return Footprint{false, 3 * pairs_footprint(n).bytes}; };
    out.table.number(
        "t", [](O& o) -> double& { return o.t; }, fields::kPositive, "Time that heat spreads on the graph: more makes answers more alike");
    fields::add_kernel_and_bandwidth(out.table, diffusion_kernel_choices());
    out.table.choice(
        "normalizer", [](O& o) -> LanguageNormalizer& { return o.normalizer; },
        Choices<LanguageNormalizer>{{"none", LanguageNormalizer::none}, {"log-n", LanguageNormalizer::log_n}},
        "Divide by ln n; the result then has no unit");
    fields::add_entropy_unit(out.table);
    fields::add_solver(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

// ---- u_eigv

Finding clusters(const SampleMatrix& x, const EigvOptions& o, Estimate& e, const Context& context) {
  e.unit = Unit::count;
  const PreparedRows rows = prepare(x, o.kernel, e, context);
  // D^-1/2 W D^-1/2 is the walk without anisotropy, which estimators of diffusion share; its eigenvalues are 1 - lam.
  const auto s = spectrum(rows.x, Diffusion{o.kernel, 0}, spectrum_options(o.solver, 0, Norms::none, 0, context), context);
  add_spectrum(e, *s);
  if (s->status != Status::ok) return {};
  Sum positive;
  std::int64_t negative = 0;
  for (const double mu : s->values) {
    positive.add(std::max(mu, 0.0));
    if (mu < -s->rank_tolerance) ++negative;
  }
  e.diagnostics.set("negative_eigenvalues", negative);
  const double value = positive.value();
  return {value, static_cast<double>(x.n()), Unit::count,
          kernel_text(o.kernel, e) + "; tr D^-1/2 W D^-1/2 = " + shown(s->trace) + "; sum of max(0, 1 - lam) over " +
              std::to_string(s->values.size()) + " eigenvalues = " + shown(value)};
}

const Quantity<EigvOptions>& eigv_index() {
  using O = EigvOptions;
  static const auto index = [] {
    EstimatorCard c = card("u_eigv", "Number of meanings among several answers to one question, with fractions.",
                           "sum_k max(0, 1 - lam_k), lam eigenvalues of I - D^-1/2 W D^-1/2, W = kernel of the rows, D_ii = sum_j W_ij");
    c.unit = "count";
    c.range = "[1, n]";
    c.cap = "n";
    c.references = {
        "Lin, Trivedi, Sun: Generating with confidence, uncertainty quantification for black-box large language models, TMLR 2024"};
    Quantity<O> out{std::move(c), {}, clusters};
    fields::add_kernel_and_bandwidth(out.table, diffusion_kernel_choices());
    fields::add_solver(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate kernel_language_entropy(const SampleMatrix& x, const KernelLanguageOptions& options, const Context& context) {
  return detail::estimate(language_index(), x, options, context);
}
Estimate u_eigv(const SampleMatrix& x, const EigvOptions& options, const Context& context) {
  return detail::estimate(eigv_index(), x, options, context);
}

const EstimatorInfo& kernel_language_entropy_info() {
  static const EstimatorInfo info = detail::info_of(language_index());
  return info;
}
const EstimatorInfo& u_eigv_info() {
  static const EstimatorInfo info = detail::info_of(eigv_index());
  return info;
}

}  // namespace entrospect
