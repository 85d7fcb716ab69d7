#include "entrospect/estimators/spectral_entropy/diff_erank.hpp"

#include <cmath>

#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using O = DiffErankOptions;
using DiffIndex = detail::Quantity<O>;

struct Ranked {
  double rank = 0, most = 0;
  std::string steps;
};

// Faults of the rows are told under the name of the sample matrix.
Ranked ranked(const SampleMatrix& x, const std::string& name, const O& o, Estimate& e, const Context& context) {
  Estimate facts;
  facts.estimator = e.estimator + ": " + name;
  const PreparedRows rows = prepare_rows(x, {true, Normalize::l2, ZeroRows::error, true, true}, facts, context);
  const auto s = spectrum(rows.x, covariance_of(rows, o.side), spectrum_options(o.solver, 0, o.order == 2, context), context);
  if (name == "x") add_spectrum(e, *s);
  const double nats = renyi_entropy(*s, o.order, facts.estimator);
  return {std::exp(nats), static_cast<double>(rows.max_rank()), entropy_steps(o.order, nats) + exp_step(nats)};
}

Finding find(const Inputs& inputs, const O& o, Estimate& e, const Context& context) {
  refuse_single(e, o.solver.precision, o.order < 1, "orders below 1 depend on small eigenvalues");
  const Pair pair{inputs.samples[0], inputs.samples[1]};
  examine(pair, false, e, context);
  const Ranked before = ranked(pair.x, "x", o, e, context), after = ranked(pair.y, "y", o, e, context);
  e.diagnostics.set("erank_x", before.rank);
  e.diagnostics.set("erank_y", after.rank);
  const double value = before.rank - after.rank;
  return {
      value, before.most - 1, Unit::count,
      "of x: " + before.steps + "; of y: " + after.steps + "; " + shown(before.rank) + " - " + shown(after.rank) + " = " + shown(value)};
}

const DiffIndex& diff_erank_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "diff_erank";
    c.summary = "How many directions training took out of a representation: x from the untrained model, y from the trained one.";
    c.formula =
        "exp(H_q(p_x)) - exp(H_q(p_y)), p = lam / sum lam, lam eigenvalues of Z^T Z, Z the rows, centered, then divided by their norms";
    c.unit = "count";
    c.range = "(1 - min(n_y - 1, d_y), min(n_x - 1, d_x) - 1)";
    c.cap = "min(n_x - 1, d_x) - 1";
    c.cost = "O(n d min(n, d))";
    c.references = {"Wei, Tan, Li, Wang, Huang: Diff-eRank, a novel rank-based metric for evaluating large language models, NeurIPS 2024"};
    c.sample_names = {"x", "y"};
    c.paired = false;
    c.conventions = {{"paper", false, "", {}, {}},
                     {"diff-erank",
                      true,
                      "",
                      {{"order", 1.0}},
                      {"two rows always have effective rank 1", "a row equal to the mean makes the tool answer NaN and is refused here",
                       "the tool computes in float32; this is float64"}}};
    DiffIndex out{std::move(c), {}, find, detail::on_smaller_side<O>};
    fields::add_order(out.table);
    fields::add_side(out.table);
    fields::add_solver(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate diff_erank(const SampleMatrix& x, const SampleMatrix& y, const DiffErankOptions& options, const Context& context) {
  return detail::estimate(diff_erank_index(), {{x, y}, {}, {}}, options, context);
}

const EstimatorInfo& diff_erank_info() {
  static const EstimatorInfo info = detail::info_of(diff_erank_index());
  return info;
}

}  // namespace entrospect
