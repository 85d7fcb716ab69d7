#include "entrospect/estimators/spectral_entropy/vendi.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/shares.hpp"
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/fourier_features.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

constexpr double kFkeaFloor = 1e-10;  // compat = fkea: least eigenvalue

const Choices<VendiMethod>& method_choices() {
  static const Choices<VendiMethod> choices{
      {"exact", VendiMethod::exact}, {"truncated", VendiMethod::truncated}, {"features", VendiMethod::features}};
  return choices;
}

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "vendi_score";
    c.summary = "Effective number of different samples: exp of the entropy of the eigenvalues of a similarity matrix.";
    c.formula = "VS_q = exp(H_q(p)), p eigenvalues of sqrt(w_i w_j) K_ij, K_ii = 1, weights w = 1 / n or given";
    c.unit = "count";
    c.range = "[1, n]";
    c.cap = "n; min(n, d) for linear and cosine kernels";
    c.cost = "O(n^2 d + n^3); O(n d min(n, d)) for linear and cosine kernels";
    c.references = {"Friedman, Dieng: The Vendi score, a diversity evaluation metric for machine learning, TMLR 2023",
                    "Pasarkar, Dieng: Cousins of the Vendi score, AISTATS 2024",
                    "Ospanov, Zhang, Jalali, Cao, Bogdanov, Farnia: Towards a scalable reference-free evaluation of generative models "
                    "(FKEA), NeurIPS 2024"};
    c.weights = Need::optional;
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"vendi-score",
         true,
         "exp(H_q(p)), p the positive eigenvalues of sqrt(w_i w_j) K_ij, not renormalized, weights w = 1 / n or given",
         {},
         {"negative eigenvalues are dropped and the rest is not renormalized",
          "linear and cosine kernels stand for its X path, which ignores the order and always uses 1",
          "the diagonal is not checked; a zero row stays zero", "order 0 counts the positive eigenvalues, which round-off decides",
          "order = inf is its text argument; the number inf makes it answer NaN"}},
        {"fkea",
         true,
         "exp(H_q(p)), p = max(lam, 1e-10), lam eigenvalues of the 2m x 2m covariance of random Fourier features; to 2 decimals",
         {{"kernel", std::string("gaussian")}, {"method", std::string("features")}},
         {"eigenvalues are floored at 1e-10 and not renormalized", "the result is rounded to 2 decimals",
          "frequencies follow the tool's rule, not its draws; the tool computes in float32"}},
    };
    return c;
  }();
  return card;
}

const FieldTable<VendiOptions>& table() {
  static const FieldTable<VendiOptions> table = [] {
    constexpr double most = 1e9;
    FieldTable<VendiOptions> t;
    fields::add_order(t);
    fields::add_kernel(t);
    t.choice(
        "diagonal", [](VendiOptions& o) -> Diagonal& { return o.diagonal; },
        Choices<Diagonal>{{"error", Diagonal::error}, {"normalize", Diagonal::normalize}},
        "A kernel whose diagonal is not 1: refuse it, or use K_ij / sqrt(K_ii K_jj)");
    t.choice(
        "zero_rows", [](VendiOptions& o) -> ZeroRows& { return o.zero_rows; }, fields::zero_rows_choices(),
        "Zero rows under a normalized linear kernel: refuse them, or drop and count them");
    t.choice(
        "method", [](VendiOptions& o) -> VendiMethod& { return o.method; }, method_choices(),
        "'exact'; 'truncated' bounds the score from the largest eigenvalues; 'features' approximates a Gaussian kernel for large n");
    t.integer(
        "rank", [](VendiOptions& o) -> std::size_t& { return o.rank; }, {1, most, false, false}, "Eigenvalues kept by method = truncated");
    t.integer(
        "features", [](VendiOptions& o) -> std::size_t& { return o.features; }, {1, 100000, false, false},
        "Random frequencies of method = features; each gives two features");
    fields::add_side(t);
    fields::add_leading(t);
    fields::add_solver(t);
    fields::add_seed(t, "Names the random numbers: frequencies of method = features, pairs of the median rule for n > 4096");
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

struct Sample {
  PreparedRows rows;
  std::vector<double> weights;  // of the rows that are left, sum 1; empty: equal
  double n = 0;                 // rows, or rows of positive weight
};

Sample prepare(const SampleMatrix& x, const std::vector<double>& weights, const VendiOptions& o, Estimate& e, const Context& context) {
  const KernelKind kind = o.kernel.kind;
  const bool directions =
      (kind == KernelKind::cosine && o.compat != "vendi-score") || (kind == KernelKind::linear && o.diagonal == Diagonal::normalize);
  const RowPlan plan{false, Normalize::none, o.zero_rows, directions, true};
  Sample out{kind == KernelKind::precomputed ? prepare_kernel_matrix(x, plan, e, context) : prepare_rows(x, plan, e, context), weights, 0};
  out.weights = shares(std::move(out.weights), out.rows.kept, e.estimator);
  const auto positive = std::count_if(out.weights.begin(), out.weights.end(), [](double w) { return w > 0; });
  out.n = static_cast<double>(out.weights.empty() ? out.rows.x.n() : static_cast<std::size_t>(positive));
  if (!out.weights.empty()) e.diagnostics.set("weights", std::string("given, scaled to sum 1"));
  return out;
}

double cap_of(const Sample& sample, KernelKind kind) {
  return has_feature_side(kind) ? std::min(sample.n, static_cast<double>(sample.rows.max_rank())) : sample.n;
}

// Kernel, trace, entropy and its exponential.
void add_values(Estimate& e, const VendiOptions& o, const Spectrum& s, const EntropyFound& found) {
  e.substituted = std::string(name(o.kernel.kind)) + " kernel";
  if (const DiagnosticValue* sigma = e.diagnostics.find("bandwidth")) e.substituted += ", sigma = " + shown(std::get<double>(*sigma));
  if (o.kernel.kind == KernelKind::polynomial) e.substituted += ", degree " + shown(o.kernel.degree) + ", offset " + shown(o.kernel.offset);
  const bool weighted = e.diagnostics.find("weights") != nullptr;
  e.substituted += "; tr K" + std::string(weighted ? " with weights = " : " = ") + shown(s.trace) + "; " + found.steps +
                   (std::isfinite(found.nats) ? exp_step(found.nats) : "");
}

Estimate tool_score(const Sample& sample, const VendiOptions& o, Gram affinity, Estimate e, const Context& context) {
  SampleMatrix x = sample.rows.x;
  if (o.kernel.kind == KernelKind::cosine) {  // the tool divides rows by their norms and leaves zero rows as they are
    x = x.normalized(Normalize::l2);
    affinity.kernel.kind = KernelKind::linear;
  }
  const auto s = spectrum(x, affinity, {o.solver, o.seed}, context);
  add_spectrum(e, *s);
  std::vector<double> p = s->values;
  if (sample.weights.empty())
    for (double& v : p) v /= static_cast<double>(sample.rows.x.n());
  const double order = has_feature_side(o.kernel.kind) ? 1 : o.order;
  if (order != o.order) e.warnings.push_back("order = " + shown(o.order) + " was ignored, as the tool does for linear and cosine kernels");
  const double nats = unnormalized_renyi_entropy(p, order);
  set_count(e, std::exp(nats), cap_of(sample, o.kernel.kind));
  add_values(e, o, *s, {nats, entropy_steps(order, nats)});
  return e;
}

Estimate feature_score(const Sample& sample, const VendiOptions& o, Estimate e, const Context& context) {
  if (o.kernel.kind != KernelKind::gaussian)
    throw InvalidArgument(e.estimator + ": method = 'features' needs kernel = 'gaussian', got '" + std::string(name(o.kernel.kind)) + "'");
  Diagnostics bandwidth_notes;
  const double sigma = resolve_bandwidth(sample.rows.x, o.kernel, o.seed, bandwidth_notes, context);
  const bool tool = o.compat == "fkea";
  std::vector<double> scores;
  for (std::uint64_t set = 0; set < (tool ? 1U : 2U); ++set) {
    const SampleMatrix phi = fourier_features(sample.rows.x, sigma, o.features, o.seed, set, context);
    SymmetricMatrix<double> moment = scatter_matrix<double>(phi, sample.weights, context);
    const double scale = sample.weights.empty() ? 1 / static_cast<double>(phi.n()) : 1.0;
    for (std::size_t i = 0; i < moment.n() * moment.n(); ++i) moment.data()[i] *= scale;
    Spectrum s = spectrum(std::move(moment), {o.solver, o.seed}, context);
    if (set == 0) add_spectrum(e, s);
    if (!tool) {
      scores.push_back(std::exp(renyi_entropy(s, o.order, e.estimator)));
      continue;
    }
    for (double& v : s.values) v = std::max(v, kFkeaFloor);
    scores.push_back(std::nearbyint(std::exp(unnormalized_renyi_entropy(s.values, o.order)) * 100) /
                     100);  // half to even, as the tool rounds
  }
  for (const auto& [name, value] : bandwidth_notes.items()) e.diagnostics.set(name, value);
  const double m2 = 2 * static_cast<double>(o.features);
  set_count(e, tool ? scores[0] : (scores[0] + scores[1]) / 2, std::min(sample.n, m2));
  e.seed = o.seed;
  e.diagnostics.set("features", static_cast<std::int64_t>(2 * o.features));
  if (!tool) {
    e.std_error = std::abs(scores[0] - scores[1]) / 2;
    e.interval_method = "feature sets";
    e.diagnostics.set("feature_sets", std::int64_t{2});
    e.diagnostics.set("first_set", scores[0]);
    e.diagnostics.set("second_set", scores[1]);
  }
  if (!tool)
    e.formula = "mean over two sets of exp(H_q(p)), p eigenvalues of Phi^T diag(w) Phi, Phi random Fourier features, w = 1 / n or given";
  e.substituted = std::to_string(2 * o.features) + " features; sigma = " + shown(sigma) + "; ";
  e.substituted += tool ? "VS = " + shown(e.value) : "(" + shown(scores[0]) + " + " + shown(scores[1]) + ") / 2 = " + shown(e.value);
  return e;
}

Estimate truncated_score(const Sample& sample, const VendiOptions& o, const Gram& affinity, Estimate e, const Context& context) {
  // Only all eigenvalues tell whether a given matrix is positive semi-definite.
  const std::size_t leading = o.kernel.kind == KernelKind::precomputed ? 0 : o.rank;
  const auto s = spectrum(sample.rows.x, affinity, spectrum_options(o.solver, o.seed, Norms::none, leading, context), context);
  add_spectrum(e, *s);
  std::vector<double> head = psd_weights(*s, e.estimator);
  const auto cap = static_cast<std::size_t>(cap_of(sample, o.kernel.kind));
  const std::size_t kept = std::min({o.rank, head.size(), cap});
  const double total = s->complete ? sum(head) : s->trace, error = sum(s->residuals), hidden = hidden_eigenvalue(*s);
  head.resize(kept);
  const EntropyBounds bounds = renyi_bounds(head, total, cap - kept, o.order, {}, error, hidden);
  set_count(e, std::exp(bounds.high), static_cast<double>(cap));
  e.interval = Interval{std::exp(bounds.low), std::exp(bounds.high)};
  e.interval_method = "bounds";
  e.diagnostics.set("missing_mass", 1 - sum(head) / total);
  if (kept < cap && s->status != Status::truncated)
    e.flag(Status::truncated, "the value is the upper end of the interval that the largest eigenvalues allow");
  e.formula = "largest VS_q = exp(H_q(p)) with these largest eigenvalues: the others, of the missing mass, are equal";
  add_values(e, o, *s, {bounds.high, entropy_steps(o.order, bounds.high)});
  e.substituted = std::to_string(kept) + " eigenvalues and " + std::to_string(cap - kept) + " equal ones; " + e.substituted;
  return e;
}

void refuse_gradient_of(const VendiOptions& o, const Estimate& e) {
  refuse_compat_gradient(e);
  if (o.method != VendiMethod::exact) refuse_gradient(e, "an approximation", "use method = 'exact'");
}

Estimate compute(const SampleMatrix& x, const std::vector<double>& weights, const VendiOptions& o, const Context& context,
                 Differentiation* wanted = nullptr) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  e.unit = Unit::count;
  refuse_single(e, o.solver.precision, o.order < 1, "orders below 1 depend on small eigenvalues");
  if (wanted != nullptr) refuse_gradient_of(o, e);
  const bool tool = o.compat == "vendi-score";
  if (!o.compat.empty() && o.method != (tool ? VendiMethod::exact : VendiMethod::features))
    throw InvalidArgument(e.estimator + ": compat = '" + o.compat + "' needs method = '" + (tool ? "exact" : "features") + "'");
  refuse_leading(e, o.leading,
                 tool                                       ? "a tool's number takes every eigenvalue"
                 : o.method != VendiMethod::exact           ? "it belongs to method = 'exact'"
                 : o.kernel.kind == KernelKind::precomputed ? "only all eigenvalues tell whether a given matrix is positive semi-definite"
                                                            : "");
  const Sample sample = prepare(x, weights, o, e, context);
  if (o.method == VendiMethod::features) return feature_score(sample, o, std::move(e), context);

  const bool unit_by_definition = o.kernel.kind == KernelKind::cosine;  // prepare() has refused or dropped rows without a direction
  Gram affinity{tool ? o.kernel : on_prepared(sample.rows, o.kernel), o.side, sample.weights, o.diagonal == Diagonal::normalize,
                !tool && o.diagonal == Diagonal::error && !unit_by_definition};
  if (tool) return tool_score(sample, o, affinity, std::move(e), context);
  if (o.method == VendiMethod::truncated) return truncated_score(sample, o, affinity, std::move(e), context);

  const Norms suffice = o.kernel.kind == KernelKind::precomputed ? Norms::none : norms_for(o.order, o.solver.precision);
  const SpectrumOptions solver = spectrum_options(o.solver, o.seed, suffice, wanted == nullptr ? o.leading : 0, context);
  const auto s = spectrum(wanted, sample.rows.x, affinity, solver, context);
  add_spectrum(e, *s);
  const EntropyFound found = found_entropy(e, *s, o.order, [](double nats) { return std::exp(nats); });
  set_count(e, std::exp(found.nats), cap_of(sample, o.kernel.kind));
  add_values(e, o, *s, found);
  if (wanted != nullptr) wanted->finish(e, *s, o.order, 1, e.value, static_cast<std::size_t>(cap_of(sample, o.kernel.kind)), sample.rows);
  return e;
}

}  // namespace

Estimate vendi_score(const SampleMatrix& x, const VendiOptions& options, const Context& context) {
  return weighted_vendi_score(x, {}, options, context);
}

Estimate weighted_vendi_score(const SampleMatrix& x, const std::vector<double>& weights, const VendiOptions& options,
                              const Context& context) {
  detail::check_inputs(card(), {{x}, std::nullopt, weights});
  VendiOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute(x, weights, o, context);
}

const EstimatorInfo& vendi_score_info() {
  static const EstimatorInfo info = make_estimator<VendiOptions>(
      card(), table(),
      [](const Inputs& inputs, const VendiOptions& o, const Context& context) {
        return compute(inputs.samples.front(), inputs.weights, o, context);
      },
      [](const VendiOptions& o, std::size_t n, std::size_t d) {
        if (o.method == VendiMethod::features) return Footprint{true, 64.0 * static_cast<double>(o.features * o.features)};
        return has_feature_side(o.kernel.kind) ? covariance_footprint(n, d) : pairs_footprint(n);
      },
      [](const Inputs& inputs, const VendiOptions& o, const Context& context) {
        const SampleMatrix& x = inputs.samples.front();
        return differentiated(x, [&](Differentiation* wanted) { return compute(x, inputs.weights, o, context, wanted); });
      });
  return info;
}

}  // namespace entrospect
