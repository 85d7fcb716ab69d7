#include "entrospect/estimators/spectral_entropy/diffusion.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_paper.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    const std::string shift = "DSE = -sum p ln p, p = |lam|^t / sum |lam|^t + 2.2e-16, " + walk_formula();
    const std::vector<std::string> shared = {"2.2e-16 is added to every p without renormalizing",
                                             "more than 10000 rows are cut to a random 10000; the tool's rule, not its draws"};
    EstimatorCard c;
    c.name = "diffusion_spectral_entropy";
    c.aliases = {"dse"};
    c.summary = "Entropy of the eigenvalues of a diffusion operator on the samples after t steps.";
    c.formula = "DSE = H_q(p), p = |lam|^t / sum |lam|^t, " + walk_formula();
    c.unit = "entropy";
    c.range = "[0, ln n]";
    c.cap = "ln n";
    c.cost = "O(n^2 d + n^3)";
    c.references = {kDiffusionPaper, "Coifman, Lafon: Diffusion maps, Appl. Comput. Harmon. Anal. 2006"};
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"dse-dsmi",
         true,
         shift,
         {{"anisotropy", 0.0}, {"bandwidth", 10.0}, {"t", 1.0}, {"unit", std::string("bits")}},
         {"the paper's operator has anisotropy 1/2; the tool takes the spectrum of K_1/2 itself, which is anisotropy 0", shared[0],
          shared[1]}},
        {"manylatents",
         true,
         shift,
         {{"graph", std::string("knn")},
          {"k", std::int64_t{15}},
          {"anisotropy", 1.0},
          {"t", 3.0},
          {"unit", std::string("bits")},
          {"bandwidth", 10.0}},
         {shared[0], shared[1], "a local scale of 0 becomes 1e-10"}},
    };
    return c;
  }();
  return card;
}

const FieldTable<DiffusionEntropyOptions>& table() {
  using O = DiffusionEntropyOptions;
  static const FieldTable<O> table = [] {
    FieldTable<O> t;
    fields::add_diffusion(t);
    fields::add_leading(t, fields::kLeadingOfGraphs);
    fields::add_rows(t);
    fields::add_solver(t);
    fields::add_seed(t, "Names the rows that the median rule draws for n > 4096");
    fields::add_entropy_unit(t);
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

// The number of eigenvalues that survive 100 steps: a tool's second reading of the same spectrum.
std::int64_t lasting_eigenvalues(const Spectrum& s) {
  return std::count_if(s.values.begin(), s.values.end(), [](double v) { return std::pow(std::abs(v), 100) > 1e-6; });
}

void refuse_gradient_of(const DiffusionEntropyOptions& o, const Estimate& e) {
  refuse_compat_gradient(e);
  if (o.graph != Graph::dense)
    refuse_gradient(e, o.graph == Graph::knn ? "graph = 'knn'" : "graph = 'knn01'", "neighbors change by jumps; use graph = 'dense'");
}

Estimate compute(const SampleMatrix& x, const DiffusionEntropyOptions& o, const Context& context, Differentiation* wanted = nullptr) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  e.unit = o.unit;
  refuse_single(e, o.solver.precision, o.order < 1 || o.t < 1, "orders below 1 and t below 1 depend on small eigenvalues");
  if (wanted != nullptr) refuse_gradient_of(o, e);
  const bool tool = !o.compat.empty();
  DiffusionWalk walk = walk_of(o, e.estimator);
  walk.complete = tool;
  const WalkRows prepared = walk_rows(x, o, walk, e, context);
  const PreparedRows& rows = prepared.rows;
  SpectrumOptions wished{.solver = o.solver, .seed = o.seed, .leading = o.leading};
  if (o.leading >= rows.x.n()) wished.leading = 0;
  const auto s = wanted == nullptr ? diffusion_spectrum(rows.x, walk, wished, context)
                                   : wanted->spectrum(rows.x, Diffusion{walk.kernel, o.anisotropy}, {o.solver, o.seed}, context);
  add_spectrum(e, *s);
  e.backend_requested = name(o.solver.backend);
  const EntropyFound found = walk_entropy(e, *s, walk, o.unit);
  set_entropy(e, found.nats, std::log(static_cast<double>(rows.x.n())), o.unit);
  if (o.compat == "manylatents") e.diagnostics.set("eigenvalue_count", lasting_eigenvalues(*s));
  e.substituted = prepared.text(walk, e) + "; t = " + shown(o.t) + "; tr S = " + shown(s->trace) + "; " + found.steps;
  if (wanted != nullptr) wanted->finish(e, *s, o.order, o.t, nats_to(o.unit), rows.x.n(), rows);
  return e;
}

}  // namespace

Estimate diffusion_spectral_entropy(const SampleMatrix& x, const DiffusionEntropyOptions& options, const Context& context) {
  DiffusionEntropyOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute(x, o, context);
}

const EstimatorInfo& diffusion_spectral_entropy_info() {
  static const EstimatorInfo info = make_estimator<DiffusionEntropyOptions>(
      card(), table(),
      [](const Inputs& inputs, const DiffusionEntropyOptions& o, const Context& context) {
        return compute(inputs.samples.front(), o, context);
      },
      [](const DiffusionEntropyOptions& o, std::size_t n, std::size_t) {
        return walk_footprint(o.graph, o.k, o.leading, o.solver.backend, n);
      },
      [](const Inputs& inputs, const DiffusionEntropyOptions& o, const Context& context) {
        const SampleMatrix& x = inputs.samples.front();
        return differentiated(x, [&](Differentiation* wanted) { return compute(x, o, context, wanted); });
      });
  return info;
}

}  // namespace entrospect
