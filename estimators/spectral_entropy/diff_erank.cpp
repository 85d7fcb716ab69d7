#include "entrospect/estimators/spectral_entropy/diff_erank.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using O = DiffErankOptions;
using DiffIndex = detail::Quantity<O>;

struct Ranked {
  double rank = 0, most = 0, nats = 0;
  std::string steps;
};

// Faults of the rows are told under the name of the sample matrix.
Ranked ranked(const SampleMatrix& x, const std::string& name, const O& o, Estimate& e, const Context& context) {
  Estimate facts;
  facts.estimator = e.estimator + ": " + name;
  const PreparedRows rows = prepare_rows(x, {true, Normalize::l2, ZeroRows::error, true, true}, facts, context);
  const auto s = spectrum(rows.x, covariance_of(rows, o.side),
                          spectrum_options(o.solver, 0, norms_for(o.order, o.solver.precision), 0, context), context);
  if (name == "x") add_spectrum(e, *s);
  const double nats = renyi_entropy(*s, o.order, facts.estimator);
  return {std::exp(nats), static_cast<double>(rows.max_rank()), nats, entropy_steps(o.order, nats) + exp_step(nats)};
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

struct Mean {
  double value = 0, slope = 1;  // of the ranks, and of the value with respect to the mean of what was averaged
  std::vector<double> terms;
};
Mean mean_of(const std::vector<Ranked>& prompts, PromptMean kind) {
  Mean out;
  for (const Ranked& p : prompts) out.terms.push_back(kind == PromptMean::entropy ? p.nats : p.rank);
  out.value = sum(out.terms) / static_cast<double>(out.terms.size());
  if (kind == PromptMean::entropy) out.slope = out.value = std::exp(out.value);
  return out;
}

Finding find_of_prompts(std::span<const SampleMatrix> x, std::span<const SampleMatrix> y, PromptMean kind, const O& o, Estimate& e,
                        const Context& context) {
  refuse_single(e, o.solver.precision, o.order < 1, "orders below 1 depend on small eigenvalues");
  const bool of_entropy = kind == PromptMean::entropy;
  e.formula = (of_entropy ? "exp(mean_i H_q(p_xi)) - exp(mean_i H_q(p_yi))" : "mean_i exp(H_q(p_xi)) - mean_i exp(H_q(p_yi))") +
              std::string(", prompts i, p = lam / sum lam, lam eigenvalues of Z^T Z, Z the rows, centered, then divided by their norms");
  std::vector<Ranked> before, after;
  std::vector<double> caps;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::string at = "[" + std::to_string(i) + "]";
    before.push_back(ranked(x[i], "x" + at, o, e, context));
    after.push_back(ranked(y[i], "y" + at, o, e, context));
    caps.push_back(of_entropy ? std::log(before.back().most) : before.back().most);
    rows += x[i].n() + y[i].n();
  }
  const Mean m_x = mean_of(before, kind), m_y = mean_of(after, kind);
  const auto count = static_cast<double>(x.size());
  e.n = rows;
  e.d = std::max(x.front().d(), y.front().d());
  e.backend_requested = name(o.solver.backend);
  e.backend_used = "by prompt";
  e.diagnostics.set("prompts", static_cast<std::int64_t>(x.size()));
  e.diagnostics.set("erank_x", m_x.value);
  e.diagnostics.set("erank_y", m_y.value);
  if (x.size() > 1) {
    std::vector<double> influence;
    for (std::size_t i = 0; i < x.size(); ++i) influence.push_back(m_x.slope * m_x.terms[i] - m_y.slope * m_y.terms[i]);
    const double mean = sum(influence) / count;
    Sum squares;
    for (const double v : influence) squares.add((v - mean) * (v - mean));
    e.std_error = std::sqrt(squares.value() / (count - 1) / count);
    e.interval_method = "prompts";
  }
  const double value = m_x.value - m_y.value, cap = sum(caps) / count;
  const std::string what = of_entropy ? "geometric mean over " : "mean over ";
  return {value, (of_entropy ? std::exp(cap) : cap) - 1, Unit::count,
          what + std::to_string(x.size()) + " prompts of the ranks of x = " + shown(m_x.value) + "; of y = " + shown(m_y.value) + "; " +
              shown(m_x.value) + " - " + shown(m_y.value) + " = " + shown(value)};
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

Estimate diff_erank_of_prompts(std::span<const SampleMatrix> x, std::span<const SampleMatrix> y, PromptMean mean,
                               const DiffErankOptions& options, const Context& context) {
  if (x.size() != y.size() || x.empty())
    throw InvalidArgument("diff_erank: x has " + std::to_string(x.size()) + " prompts and y " + std::to_string(y.size()) +
                          "; the same prompts go through both models, and at least 1 is needed");
  DiffIndex of_prompts = diff_erank_index();
  of_prompts.compute = [=](const Inputs&, const O& o, Estimate& e, const Context& c) { return find_of_prompts(x, y, mean, o, e, c); };
  return detail::estimate(of_prompts, {{x.front(), y.front()}, {}, {}}, options, context);
}

const EstimatorInfo& diff_erank_info() {
  static const EstimatorInfo info = detail::info_of(diff_erank_index());
  return info;
}

}  // namespace entrospect
