#include "entrospect/estimators/spectral_entropy/effective_rank.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

constexpr std::size_t kReptrixValues = 2048;
constexpr double kSsrlibEpsilon = 1e-12;

const std::string kJax = "stable-pretraining-jax";
const std::string kEigenvalues = "eigenvalues", kSingularValues = "singular-values";

const Choices<SpectrumOf>& spectrum_of_choices() {
  static const Choices<SpectrumOf> choices{{kEigenvalues, SpectrumOf::eigenvalues}, {kSingularValues, SpectrumOf::singular_values}};
  return choices;
}

OptionMap preset(const std::string& of, bool center, const std::string& normalize, double epsilon) {
  return {{"spectrum_of", of}, {"center", center}, {"normalize", normalize}, {"epsilon", epsilon}};
}

// In symbols, as these options make it; of a compat id, what it adds.
std::string formula_of(SpectrumOf of, bool epsilon, const std::string& compat = {}) {
  const std::string w = of == SpectrumOf::singular_values ? "s" : "lam";
  std::string out = "exp(H_q(p)), p = " + w + " / sum " + w + (epsilon ? " + epsilon" : "");
  out += of == SpectrumOf::singular_values ? ", s singular values of Z" : ", lam eigenvalues of Z^T Z";
  if (compat == "reptrix") out += ", at most the largest 2048";
  out += ", Z = x after center and normalize";
  if (compat == "djaniak") out += ", then each row less its mean over features";
  return out;
}

// Tools that compute the same number under either name.
std::vector<ConventionInfo> tools() {
  const std::string float32 = "the tool computes in the input's precision; this is float64";
  return {
      {"rankme-paper",
       true,
       formula_of(SpectrumOf::singular_values, true),
       preset(kSingularValues, false, "none", 1e-7),
       {"1e-7 is added after normalizing, so the result can exceed min(n, d)"}},
      {"stable-pretraining-torch",
       true,
       formula_of(SpectrumOf::singular_values, true),
       preset(kSingularValues, false, "none", 1e-5),
       {"1e-5 is added after normalizing: uniform weights in 1000 directions give 1060.8, a rank-1 matrix 1.12", float32}},
      {kJax,
       true,
       "exp(H_q(p)), p = s / (sum s + epsilon) + epsilon, s singular values of Z, Z = x after center and normalize",
       preset(kSingularValues, false, "none", 1e-7),
       {"1e-7 is added to the sum and again after normalizing, so the result depends on the scale of x and can exceed min(n, d)", float32}},
      {"reptrix",
       true,
       formula_of(SpectrumOf::eigenvalues, true, "reptrix"),
       preset(kEigenvalues, true, "none", 1e-7),
       {"called RankMe, but uses centered squared singular values", "at most 2048 eigenvalues; the rest is dropped without a trace",
        "1e-7 is added after normalizing"}},
      {"diff-erank",
       true,
       formula_of(SpectrumOf::eigenvalues, false),
       preset(kEigenvalues, true, "l2", 0.0),
       {"two rows always give 1", "NaN terms (0 ln 0) are skipped; a row equal to the mean makes the tool answer NaN and is refused here",
        float32}},
      {"djaniak",
       true,
       formula_of(SpectrumOf::eigenvalues, false, "djaniak"),
       preset(kEigenvalues, true, "l2", 0.0),
       {"the covariance is taken between rows, which centers each row over its features a second time", float32}},
      {"ssrlib",
       true,
       "exp(-sum p ln p), p = clip(lam / (sum lam + 1e-12), 1e-12, 1), lam eigenvalues of Z^T Z / (n - 1), Z = x after center and "
       "normalize",
       preset(kEigenvalues, true, "none", 0.0),
       {"1e-12 is added to the trace and p is floored at 1e-12 without renormalizing", "a trace of at most 1e-12 answers 0"}},
  };
}

EstimatorCard rank_card() {
  EstimatorCard c;
  c.unit = "count";
  c.range = "[1, min(n, d)]";
  c.cap = "min(n, d); min(n - 1, d) when centered";
  c.cost = "O(n d min(n, d))";
  c.mergeable = true;
  return c;
}

const EstimatorCard& effective_rank_card() {
  static const EstimatorCard card = [] {
    EstimatorCard c = rank_card();
    c.name = "effective_rank";
    c.summary = "Number of directions in use: exp of the entropy of the covariance eigenvalues.";
    c.formula = formula_of(SpectrumOf::eigenvalues, false);
    c.references = {"Roy, Vetterli: The effective rank, a measure of effective dimensionality, EUSIPCO 2007",
                    "Wei et al.: Diff-eRank, a novel rank-based metric for evaluating large language models, NeurIPS 2024"};
    c.conventions = {
        {"covariance", false, "", {}, {}},
        {kSingularValues, false, formula_of(SpectrumOf::singular_values, false), preset(kSingularValues, false, "none", 0.0), {}}};
    for (ConventionInfo& tool : tools()) c.conventions.push_back(std::move(tool));
    return c;
  }();
  return card;
}

const EstimatorCard& rankme_card() {
  static const EstimatorCard card = [] {
    EstimatorCard c = rank_card();
    c.name = "rankme";
    c.summary = "Number of directions in use: exp of the entropy of the singular values of the raw matrix.";
    c.formula = formula_of(SpectrumOf::singular_values, false);
    c.references = {
        "Garrido, Balestriero, Najman, LeCun: RankMe, assessing the downstream performance of pretrained self-supervised "
        "representations by their rank, ICML 2023"};
    c.conventions = {{"paper", false, "", {}, {}}};
    for (ConventionInfo& tool : tools()) c.conventions.push_back(std::move(tool));
    return c;
  }();
  return card;
}

template <class O>
void add_rank_fields(FieldTable<O>& t, const EstimatorCard& card) {
  t.choice(
      "spectrum_of", [](O& o) -> SpectrumOf& { return o.spectrum_of; }, spectrum_of_choices(),
      "Weights: eigenvalues of the covariance, or singular values of the matrix");
  t.number(
      "epsilon", [](O& o) -> double& { return o.epsilon; }, {0, 1, false, true}, "Added to every normalized weight, without renormalizing");
  fields::add_rows(t);
  fields::add_side(t);
  fields::add_solver(t);
  fields::add_convention(t, card);
}

const FieldTable<EffectiveRankOptions>& effective_rank_table() {
  static const FieldTable<EffectiveRankOptions> table = [] {
    FieldTable<EffectiveRankOptions> t;
    fields::add_order(t);
    add_rank_fields(t, effective_rank_card());
    return t;
  }();
  return table;
}

const FieldTable<RankMeOptions>& rankme_table() {
  static const FieldTable<RankMeOptions> table = [] {
    FieldTable<RankMeOptions> t;
    add_rank_fields(t, rankme_card());
    return t;
  }();
  return table;
}

// `count` weights: singular values are roots of the eigenvalues above the rank tolerance (below it a root would magnify round-off), and the
// zeros that the smaller side does not show are appended, because an epsilon counts them.
std::vector<double> tool_weights(const Spectrum& s, const EffectiveRankOptions& o, double denominator, std::size_t count,
                                 std::string_view who) {
  std::vector<double> weights = psd_weights(s, who);
  if (o.spectrum_of == SpectrumOf::singular_values) {
    const double cut = s.rank_tolerance * (weights.empty() ? 0.0 : *std::max_element(weights.begin(), weights.end()));
    for (double& w : weights) w = w > cut ? std::sqrt(w * denominator) : 0.0;
  }
  weights.resize(count, 0.0);
  if (o.compat == "reptrix" && weights.size() > kReptrixValues) weights.resize(kReptrixValues);
  return weights;
}

// H_1 of p as the tool makes it. A trace of at most the epsilon answers rank 0.
double ssrlib_entropy(std::vector<double> weights) {
  const double trace = sum(weights);
  if (!(trace > kSsrlibEpsilon)) return -std::numeric_limits<double>::infinity();
  for (double& w : weights) w = std::clamp(w / (trace + kSsrlibEpsilon), kSsrlibEpsilon, 1.0);
  return unnormalized_renyi_entropy(weights, 1);
}

// H_1 of p as the tool makes it.
double jax_entropy(std::vector<double> weights, double epsilon) {
  const double total = sum(weights);
  if (!(total > 0)) return std::numeric_limits<double>::quiet_NaN();
  for (double& w : weights) w = w / (total + epsilon) + epsilon;
  return unnormalized_renyi_entropy(weights, 1);
}

void check(const EffectiveRankOptions& o, const Estimate& e) {
  const bool singular = o.spectrum_of == SpectrumOf::singular_values, ssrlib = o.compat == "ssrlib";
  refuse_single(e, o.solver.precision, singular || o.epsilon > 0 || o.order < 1 || ssrlib,
                "singular values, an epsilon and orders below 1 depend on small eigenvalues");
  if (o.epsilon > 0 && o.order != 1)
    throw InvalidArgument(e.estimator + ": epsilon = " + to_text(OptionValue(o.epsilon)) +
                          " needs order = 1, got order = " + to_text(OptionValue(o.order)));
  if (ssrlib && (o.order != 1 || o.epsilon != 0 || singular))
    throw InvalidArgument(e.estimator + ": compat = 'ssrlib' needs order = 1, epsilon = 0 and spectrum_of = 'eigenvalues', got order = " +
                          to_text(OptionValue(o.order)) + ", epsilon = " + to_text(OptionValue(o.epsilon)) + ", spectrum_of = '" +
                          (singular ? kSingularValues : kEigenvalues) + "'");
}

Estimate compute(const SampleMatrix& x, const EffectiveRankOptions& o, Estimate e, const Context& context, Differentiation* wanted) {
  const bool singular = o.spectrum_of == SpectrumOf::singular_values, ssrlib = o.compat == "ssrlib";
  e.unit = Unit::count;
  check(o, e);
  if (wanted != nullptr) refuse_compat_gradient(e);
  if (wanted != nullptr && o.epsilon > 0)
    refuse_gradient(e, "epsilon = " + to_text(OptionValue(o.epsilon)), "it is added to zeros too; use epsilon = 0");
  if (!ssrlib && o.compat != kJax) e.formula = formula_of(o.spectrum_of, o.epsilon > 0, o.compat);

  RowPlan plan{o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false};
  plan.two_rows_suffice = o.compat == "diff-erank" || o.compat == "djaniak";
  PreparedRows rows = prepare_rows(x, plan, e, context);
  std::string treatment = rows_text(rows.x);
  if (o.compat == "djaniak") {
    treatment += ", each row less its mean";
    rows.x = centered_over_features(rows.x, context);
    e.diagnostics.set("copied", std::string("rows centered over their features"));
  }
  const auto cap = static_cast<double>(rows.max_rank());
  if (rows.centered && rows.all_equal) {  // the covariance is 0, not the round-off of the means
    set_count(e, ssrlib ? 0 : std::numeric_limits<double>::quiet_NaN(), cap);
    return e;
  }
  const bool plain = !singular && o.epsilon == 0 && !ssrlib && o.compat != "reptrix";
  Covariance affinity = covariance_of(rows, o.side);
  if (ssrlib) affinity.denominator = static_cast<double>(rows.x.n() - 1);
  const Norms suffice = plain ? norms_for(o.order, o.solver.precision) : Norms::none;
  const auto s = spectrum(wanted, rows.x, affinity, spectrum_options(o.solver, 0, suffice, 0, context), context);
  add_spectrum(e, *s);
  double nats = 0;
  std::string total;
  if (plain) {
    nats = renyi_entropy(*s, o.order, e.estimator);
    total = "tr(Z^T Z) / " + shown(affinity.denominator) + " = " + shown(s->trace);
  } else {
    const std::vector<double> weights = tool_weights(*s, o, affinity.denominator, std::min(x.d(), rows.x.n()), e.estimator);
    nats = ssrlib             ? ssrlib_entropy(weights)
           : o.compat == kJax ? jax_entropy(weights, o.epsilon)
                              : shifted_renyi_entropy(weights, o.order, o.epsilon, singular ? 0 : s->rank_tolerance);
    total = "sum of " + std::to_string(weights.size()) +
            (singular ? " singular values = " : " eigenvalues of Z^T Z / " + shown(affinity.denominator) + " = ") + shown(sum(weights));
    if (o.epsilon > 0) total += "; epsilon = " + shown(o.epsilon);
  }
  set_count(e, std::exp(nats), cap);
  if (e.compat.empty() && o.epsilon > 0 && e.value > cap) e.warnings.push_back("epsilon lifts the value above its cap " + shown(cap));
  e.substituted = treatment + "; " + total + "; " + entropy_steps(o.order, nats) + exp_step(nats);
  if (wanted != nullptr) wanted->finish(e, *s, o.order, singular ? 0.5 : 1, e.value, rows.max_rank(), rows);  // s = lam^(1/2)
  return e;
}

Estimate compute_rank(const SampleMatrix& x, const EffectiveRankOptions& o, const Context& context, Differentiation* wanted = nullptr) {
  const EstimatorCard& card = effective_rank_card();
  return compute(x, o, begin_estimate(card, detail::chosen(card, o.convention, o.compat), values(effective_rank_table(), o)), context,
                 wanted);
}

Estimate compute_rankme(const SampleMatrix& x, const RankMeOptions& o, const Context& context, Differentiation* wanted = nullptr) {
  const EstimatorCard& card = rankme_card();
  const EffectiveRankOptions as_rank{1,           o.spectrum_of, o.epsilon, o.center,     o.normalize,
                                     o.zero_rows, o.side,        o.solver,  o.convention, o.compat};
  return compute(x, as_rank, begin_estimate(card, detail::chosen(card, o.convention, o.compat), values(rankme_table(), o)), context,
                 wanted);
}

}  // namespace

Estimate effective_rank(const SampleMatrix& x, const EffectiveRankOptions& options, const Context& context) {
  EffectiveRankOptions o = options;
  validate(effective_rank_table(), o, effective_rank_card());
  apply_preset(o, effective_rank_table(), effective_rank_card());
  return compute_rank(x, o, context);
}

Estimate rankme(const SampleMatrix& x, const RankMeOptions& options, const Context& context) {
  RankMeOptions o = options;
  validate(rankme_table(), o, rankme_card());
  apply_preset(o, rankme_table(), rankme_card());
  return compute_rankme(x, o, context);
}

const EstimatorInfo& effective_rank_info() {
  static const EstimatorInfo info = make_estimator<EffectiveRankOptions>(
      effective_rank_card(), effective_rank_table(),
      [](const Inputs& inputs, const EffectiveRankOptions& o, const Context& context) {
        return compute_rank(inputs.samples.front(), o, context);
      },
      [](const EffectiveRankOptions&, std::size_t n, std::size_t d) { return covariance_footprint(n, d); },
      [](const Inputs& inputs, const EffectiveRankOptions& o, const Context& context) {
        const SampleMatrix& x = inputs.samples.front();
        return differentiated(x, [&](Differentiation* wanted) { return compute_rank(x, o, context, wanted); });
      });
  return info;
}

const EstimatorInfo& rankme_info() {
  static const EstimatorInfo info = make_estimator<RankMeOptions>(
      rankme_card(), rankme_table(),
      [](const Inputs& inputs, const RankMeOptions& o, const Context& context) {
        return compute_rankme(inputs.samples.front(), o, context);
      },
      [](const RankMeOptions&, std::size_t n, std::size_t d) { return covariance_footprint(n, d); },
      [](const Inputs& inputs, const RankMeOptions& o, const Context& context) {
        const SampleMatrix& x = inputs.samples.front();
        return differentiated(x, [&](Differentiation* wanted) { return compute_rankme(x, o, context, wanted); });
      });
  return info;
}

}  // namespace entrospect
