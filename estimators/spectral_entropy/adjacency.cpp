#include "entrospect/estimators/spectral_entropy/adjacency.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_paper.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;

// The spectrum that the options ask for, described in `e`.
template <class O>
struct Walked {
  Walked(const SampleMatrix& x, const O& o, Estimate& e, const Context& context)
      : walk(walk_of(o, e.estimator)), prepared(walk_rows(x, o, walk, e, context)) {
    walk.complete = !o.compat.empty();
    SpectrumOptions wished{.solver = o.solver, .seed = o.seed};
    if (o.leading < n()) wished.leading = o.leading;
    s = diffusion_spectrum(prepared.rows.x, walk, wished, context);
    add_spectrum(e, *s);
    e.backend_requested = name(o.solver.backend);
    text = prepared.text(walk, e) + "; t = " + shown(o.t);
  }
  [[nodiscard]] std::size_t n() const { return prepared.rows.x.n(); }

  DiffusionWalk walk;
  WalkRows prepared;
  std::shared_ptr<const Spectrum> s;
  std::string text;
};

template <class O>
Footprint footprint_of(const O& o, std::size_t n, std::size_t) {
  return walk_footprint(o.graph, o.k, o.leading, o.solver.backend, n);
}

template <class O>
void add_common_fields(Quantity<O>& index) {
  fields::add_leading(index.table, fields::kLeadingOfGraphs);
  fields::add_rows(index.table);
  fields::add_solver(index.table);
  fields::add_seed(index.table, "Names the rows that automatic bandwidths draw");
  if constexpr (requires(O & o) { o.unit; }) fields::add_entropy_unit(index.table);
  fields::add_convention(index.table, index.card);
  index.footprint = footprint_of<O>;
}

Finding adjacency(const SampleMatrix& x, const AdjacencyEntropyOptions& o, Estimate& e, const Context& context) {
  refuse_single(e, o.solver.precision, o.order < 1 || o.t < 1, "orders below 1 and t below 1 depend on small eigenvalues");
  e.unit = o.unit;
  const Walked<AdjacencyEntropyOptions> found(x, o, e, context);
  const EntropyFound entropy = walk_entropy(e, *found.s, found.walk, o.unit);
  return {entropy.nats, std::log(static_cast<double>(found.n())), o.unit, found.text + "; " + entropy.steps};
}

Finding count(const SampleMatrix& x, const EigenvalueCountOptions& o, Estimate& e, const Context& context) {
  const Walked<EigenvalueCountOptions> found(x, o, e, context);
  const Spectrum& s = *found.s;
  Finding out;
  out.cap = static_cast<double>(found.n());
  out.unit = Unit::count;
  const auto lasts = [&](double lam) { return std::pow(std::abs(lam), o.t) > o.threshold; };
  const auto lasting = static_cast<double>(std::count_if(s.values.begin(), s.values.end(), lasts));
  out.steps = found.text + "; #{|lam|^t > " + shown(o.threshold) + "} = " + shown(lasting);
  if (s.complete || lasting < static_cast<double>(s.values.size())) {
    if (s.status != Status::nonfinite && s.status != Status::not_converged) out.value = lasting;
    return out;
  }
  e.interval = Interval{lasting, *out.cap};
  e.interval_method = "bounds";
  if (s.status != Status::truncated)
    e.flag(Status::truncated, "every known eigenvalue is above the threshold; ask for more than " + std::to_string(s.values.size()));
  return out;
}

const Quantity<AdjacencyEntropyOptions>& adjacency_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "adjacency_spectral_entropy";
    c.aliases = {"ase"};
    c.summary = "Entropy of the eigenvalues of the affinities between samples, not divided by their row sums.";
    c.formula = "ASE = H_q(p), p = |lam|^t / sum |lam|^t, " + adjacency_formula();
    c.unit = "entropy";
    c.range = "[0, ln n]";
    c.cap = "ln n";
    c.cost = "O(n^2 d + n^3)";
    c.references = {kDiffusionPaper};
    c.conventions = {
        {"spectrum", false, "", {}, {}},
        {"dse-dsmi",
         true,
         "ASE = -sum p ln p, p = |lam|^t / sum |lam|^t + 2.2e-16, " + adjacency_formula(),
         {{"bandwidth", 10.0}, {"t", 1.0}, {"unit", std::string("bits")}},
         {"2.2e-16 is added to every p without renormalizing",
          "more than 10000 rows are cut to a random 10000; the tool's rule, not its draws"}},
    };
    Quantity<AdjacencyEntropyOptions> out{std::move(c), {}, adjacency};
    fields::add_time(out.table);
    fields::add_order(out.table);
    fields::add_graph(out.table);
    add_common_fields(out);
    return out;
  }();
  return index;
}

const Quantity<EigenvalueCountOptions>& count_index() {
  using O = EigenvalueCountOptions;
  static const auto index = [] {
    EstimatorCard c;
    c.name = "eigenvalue_count";
    c.summary = "Number of eigenvalues of a diffusion operator on the samples that outlast t steps.";
    c.formula = "#{|lam|^t > threshold}, " + walk_formula();
    c.unit = "count";
    c.range = "[0, n]";
    c.cap = "n";
    c.cost = "O(n^2 d + n^3)";
    c.references = {"Coifman, Lafon: Diffusion maps, Appl. Comput. Harmon. Anal. 2006"};
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"manylatents",
         true,
         "",
         {{"graph", std::string("knn")}, {"k", std::int64_t{15}}, {"anisotropy", 1.0}, {"bandwidth", 10.0}},
         {"more than 10000 rows are cut to a random 10000; the tool's rule, not its draws", "a local scale of 0 becomes 1e-10"}},
    };
    Quantity<O> out{std::move(c), {}, count};
    fields::add_time(out.table);
    out.table.number(
        "threshold", [](O& o) -> double& { return o.threshold; }, {0, 1, false, true}, "What is left of an eigenvalue that counts");
    fields::add_anisotropy(out.table);
    fields::add_graph(out.table);
    add_common_fields(out);
    return out;
  }();
  return index;
}

}  // namespace

Estimate adjacency_spectral_entropy(const SampleMatrix& x, const AdjacencyEntropyOptions& options, const Context& context) {
  return detail::estimate(adjacency_index(), x, options, context);
}
Estimate eigenvalue_count(const SampleMatrix& x, const EigenvalueCountOptions& options, const Context& context) {
  return detail::estimate(count_index(), x, options, context);
}

const EstimatorInfo& adjacency_spectral_entropy_info() {
  static const EstimatorInfo info = detail::info_of(adjacency_index());
  return info;
}
const EstimatorInfo& eigenvalue_count_info() {
  static const EstimatorInfo info = detail::info_of(count_index());
  return info;
}

}  // namespace entrospect
