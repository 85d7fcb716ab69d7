#include "entrospect/estimators/spectral_entropy/matrix_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/estimators/spectral_entropy/tool_rules.hpp"

namespace entrospect {
namespace {

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    const std::string linear = "linear", l2 = "l2";
    EstimatorCard c;
    c.name = "matrix_entropy";
    c.aliases = {"matrix_renyi_entropy"};
    c.summary = "Renyi entropy of the eigenvalues of a trace-one kernel matrix.";
    c.formula = "H_q(p) / normalizer, H_q = ln(sum p^q) / (1 - q), H_1 = -sum p ln p, p eigenvalues of K / tr K";
    c.unit = "entropy";
    c.range = "[0, ln n]";
    c.cap = "ln n; ln min(n, d) for linear and cosine kernels, ln min(n - 1, d) when centered";
    c.cost = "O(n^2 d + n^3); O(n d min(n, d)) for linear and cosine kernels; order 2 without the cubic term, order 4 by one product";
    c.references = {
        "Sanchez Giraldo, Rao, Principe: Measures of entropy from data using infinitely divisible kernels, IEEE Trans. Inf. "
        "Theory 2015",
        "Skean et al.: Layer by layer, uncovering hidden representations in language models, ICML 2025"};
    c.linear_entropy = true;
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"repitl",
         true,
         "H_q(p), p = positive eigenvalues of K over their sum; order 2: -ln(|K|_F^2 / n^2)",
         {{"bandwidth", std::string("sqrt_half_d")}},
         {"negative eigenvalues are dropped and the rest is renormalized, so a matrix that is not positive semi-definite is accepted",
          "order 2 takes |K|_F^2 / n^2, right only if tr K = n: orders 2 and 2.0001 disagree otherwise",
          "Laplacian kernels have an extra 1 / sqrt 2 in the exponent"}},
        {"yu",
         true,
         "ln(sum |lam|^q) / (1 - q), lam eigenvalues of K / tr K; the Gaussian kernel is exp(-|a-b|^2 / s), s the bandwidth given as a "
         "number",
         {{"unit", std::string("bits")}, {"order", 1.01}},
         {"a number given as bandwidth is s = 2 sigma^2", "negative eigenvalues count with their absolute value, not renormalized",
          "order 1 divides by zero in the tool and is refused here; its users write 1.01"}},
        {"skean",
         true,
         "H_q(p) / normalizer, p = positive eigenvalues of max(K, 0) over their sum, K = Z Z^T if n <= d else Z^T Z, Z = x after center "
         "and "
         "normalize",
         {{"kernel", linear}, {"center", true}, {"normalize", l2}, {"normalizer", std::string("max-entropy")}},
         {"entries of K are clamped at 0, which is not safe for positive semi-definiteness: opposite rows count as unrelated",
          "max-entropy divides by min(ln n, ln d) although centering caps the rank at n - 1"}},
        {"djaniak",
         true,
         "H_q(p), p = positive eigenvalues of W W^T over their sum, W = x after center and normalize, each row less its mean over "
         "features; "
         "order 2: -ln(|p|^2 / n^2)",
         {{"kernel", linear}, {"center", true}, {"normalize", l2}},
         {"the covariance is taken between rows, which centers each row over its features a second time",
          "order 2 divides |A|_F^2 by n^2 although tr A = 1, so it exceeds the entropy by 2 ln n"}},
    };
    return c;
  }();
  return card;
}

const FieldTable<MatrixEntropyOptions>& table() {
  using O = MatrixEntropyOptions;
  static const FieldTable<O> table = [] {
    FieldTable<O> t;
    fields::add_order(t);
    fields::add_kernel(t);
    t.choice(
        "method", [](O& o) -> EntropyMethod& { return o.method; },
        Choices<EntropyMethod>{{"exact", EntropyMethod::exact},
                               {"radial", EntropyMethod::radial},
                               {"finger", EntropyMethod::finger},
                               {"quadratic", EntropyMethod::quadratic}},
        "'exact', or a bound of the Shannon entropy: 'radial' (upper), 'finger' and 'quadratic' (lower)");
    t.choice(
        "normalizer", [](O& o) -> EntropyNormalizer& { return o.normalizer; },
        Choices<EntropyNormalizer>{{"none", EntropyNormalizer::none},
                                   {"max-entropy", EntropyNormalizer::max_entropy},
                                   {"log-n", EntropyNormalizer::log_n},
                                   {"log-d", EntropyNormalizer::log_d},
                                   {"log-n-log-d", EntropyNormalizer::log_n_log_d}},
        "Divide by min(ln n, ln d), ln n, ln d, or ln n ln d; the result then has no unit");
    fields::add_rows(t);
    fields::add_side(t);
    fields::add_leading(t);
    fields::add_solver(t);
    fields::add_seed(t, "Names the rows that the median rule draws for n > 4096");
    fields::add_entropy_unit(t);
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

// What the entropy in nats is divided by; throws where that is ln 1.
double divisor(const Estimate& e, EntropyNormalizer normalizer) {
  const double log_n = std::log(static_cast<double>(e.n)), log_d = std::log(static_cast<double>(e.d));
  double value = 1;
  if (normalizer == EntropyNormalizer::max_entropy) value = std::min(log_n, log_d);
  if (normalizer == EntropyNormalizer::log_n) value = log_n;
  if (normalizer == EntropyNormalizer::log_d) value = log_d;
  if (normalizer == EntropyNormalizer::log_n_log_d) value = log_n * log_d;
  if (value > 0) return value;
  throw InvalidArgument(e.estimator + ": this normalizer divides by ln 1 = 0 at n = " + std::to_string(e.n) +
                        ", d = " + std::to_string(e.d) + "; it needs at least 2 of each, or normalizer = 'none' or 'log-n'");
}

void set_value(Estimate& e, double nats, double cap_nats, const MatrixEntropyOptions& o) {
  if (o.normalizer == EntropyNormalizer::none) return set_entropy(e, nats, cap_nats, o.unit);
  const double by = divisor(e, o.normalizer);
  e.diagnostics.set("entropy_nats", nats);
  e.diagnostics.set("normalizer_value", by);
  set_entropy(e, nats / by, cap_nats / by, Unit::none);
}

// What is made of the entropy in nats, for `substituted`.
std::string final_step(const Estimate& e, double nats, const MatrixEntropyOptions& o) {
  if (o.normalizer == EntropyNormalizer::none) return unit_step(nats, o.unit);
  return "; " + shown(nats) + " / " + shown(divisor(e, o.normalizer)) + " = " + shown(e.value);
}

void set_bound(Estimate& e, const Spectrum& s, double cap, const MatrixEntropyOptions& o) {
  const double purity = std::exp(-renyi_entropy(s, 2, e.estimator));  // |A|_F^2
  const double upper = radial_entropy(purity, s.max_rank), quadratic = 1 - purity;
  double value = o.method == EntropyMethod::radial ? upper : quadratic, lower = quadratic;
  std::string step = "1 - " + shown(purity) + " = " + shown(quadratic) + " nats";
  e.formula = "lower bound of H_1: 1 - |A|_F^2, A = K / tr K";
  if (o.method == EntropyMethod::finger) {
    const double smallest = renyi_entropy(s, std::numeric_limits<double>::infinity(), e.estimator);
    value = quadratic * smallest;
    lower = std::max(lower, value);
    step = "(1 - " + shown(purity) + ") * -ln " + shown(std::exp(-smallest)) + " = " + shown(value) + " nats";
    e.formula = "lower bound of H_1: -(1 - |A|_F^2) ln lam_1, lam_1 the largest eigenvalue of A = K / tr K";
  } else if (o.method == EntropyMethod::radial) {
    step = "H_1 at most " + shown(upper) + " nats with " + std::to_string(s.max_rank) + " eigenvalues";
    e.formula = "upper bound of H_1: the largest entropy of r eigenvalues with this |A|_F^2, A = K / tr K: one large, r - 1 equal";
  }
  if (o.normalizer != EntropyNormalizer::none) e.formula += "; / normalizer";
  set_value(e, value, cap, o);
  const double scale = o.normalizer == EntropyNormalizer::none ? nats_to(o.unit) : 1 / divisor(e, o.normalizer);
  e.interval = Interval{lower * scale, upper * scale};
  e.interval_method = "bounds";
  e.diagnostics.set("bound", std::string(o.method == EntropyMethod::radial ? "upper" : "lower"));
  e.diagnostics.set("purity", purity);
  e.warnings.push_back("the value is a bound, not the entropy; the entropy lies in the interval");
  e.substituted += "|A|_F^2 = " + shown(purity) + "; " + step + final_step(e, value, o);
}

EntropyFound own_entropy(const Spectrum& s, const MatrixEntropyOptions& o, std::size_t n) {
  const double nats = tool_entropy(o.compat, s, o.order, n);
  const bool own_second = o.order == 2 && (o.compat == "repitl" || o.compat == "djaniak");  // their order 2 is not H_2
  return {nats, own_second ? "-ln " + shown(std::exp(-nats)) + " = " + shown(nats) + " nats" : entropy_steps(o.order, nats)};
}

void refuse_gradient_of(const MatrixEntropyOptions& o, const Estimate& e) {
  refuse_compat_gradient(e);
  if (o.method != EntropyMethod::exact) refuse_gradient(e, "a bound", "use method = 'exact'");
}

Estimate compute(const SampleMatrix& x, const MatrixEntropyOptions& o, const Context& context, Differentiation* wanted = nullptr) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  e.unit = o.normalizer == EntropyNormalizer::none ? o.unit : Unit::none;
  refuse_single(e, o.solver.precision, o.order < 1, "orders below 1 depend on small eigenvalues");
  if (wanted != nullptr) refuse_gradient_of(o, e);
  const bool bound = o.method != EntropyMethod::exact, tool = !o.compat.empty();
  if (bound && (o.order != 1 || tool))
    throw InvalidArgument(e.estimator + ": method bounds the Shannon entropy and needs order = 1 without compat, got order = " +
                          shown(o.order) + (tool ? ", compat = '" + o.compat + "'" : ""));
  refuse_tool_order(e, o.order);
  refuse_leading(e, o.leading,
                 tool                                       ? "a tool's number takes every eigenvalue"
                 : bound                                    ? "a bound is an interval already"
                 : o.kernel.kind == KernelKind::precomputed ? "only all eigenvalues tell whether a given matrix is positive semi-definite"
                                                            : "");

  const KernelKind kind = o.kernel.kind;
  if ((o.compat == "skean" || o.compat == "djaniak") && kind != KernelKind::linear)
    throw InvalidArgument(e.estimator + ": compat = '" + o.compat + "' is defined for kernel = 'linear', got '" + std::string(name(kind)) +
                          "'");
  const bool matrix_given = kind == KernelKind::precomputed;
  RowPlan plan{o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2 || kind == KernelKind::cosine, false};
  PreparedRows rows = matrix_given ? prepare_kernel_matrix(x, plan, e, context) : prepare_rows(x, plan, e, context);
  (void)divisor(e, o.normalizer);
  const double cap = std::log(static_cast<double>(has_feature_side(kind) ? rows.max_rank() : rows.x.n()));
  if (has_feature_side(kind) && rows.centered && rows.all_equal) {
    set_value(e, std::numeric_limits<double>::quiet_NaN(), cap, o);
    return e;
  }
  e.substituted = matrix_given ? "" : rows_text(rows.x) + "; ";
  if (o.compat == "djaniak") {
    rows.x = centered_over_features(rows.x, context);
    e.diagnostics.set("copied", std::string("rows centered over their features"));
  }

  std::shared_ptr<const Spectrum> s;
  if (o.compat == "skean") {
    s = std::make_shared<const Spectrum>(spectrum(clamped_product(rows.x, rows.x.n() <= rows.x.d(), context), {o.solver, o.seed}, context));
  } else {
    Diagnostics notes;
    const Gram affinity{on_prepared(rows, tool_kernel(o.compat, o.kernel, rows.x, o.seed, notes, context)), o.side, {}, false, false};
    const bool of_norms = o.method == EntropyMethod::radial || o.method == EntropyMethod::quadratic;
    const Norms suffice = tool || matrix_given ? Norms::none : of_norms ? Norms::squares : norms_for(o.order, o.solver.precision);
    s = spectrum(wanted, rows.x, affinity, spectrum_options(o.solver, o.seed, suffice, wanted == nullptr ? o.leading : 0, context),
                 context);
  }
  add_spectrum(e, *s);
  e.substituted += std::string(name(kind)) + " kernel";
  if (const DiagnosticValue* sigma = e.diagnostics.find("bandwidth")) e.substituted += ", sigma = " + shown(std::get<double>(*sigma));
  if (kind == KernelKind::polynomial) e.substituted += ", degree " + shown(o.kernel.degree) + ", offset " + shown(o.kernel.offset);
  e.substituted += "; tr K = " + shown(s->trace) + "; ";
  if (bound) {
    set_bound(e, *s, cap, o);
    return e;
  }
  const double per_nat = o.normalizer == EntropyNormalizer::none ? nats_to(o.unit) : 1 / divisor(e, o.normalizer);
  const EntropyFound found = tool ? own_entropy(*s, o, rows.x.n()) : found_entropy(e, *s, o.order, [&](double v) { return v * per_nat; });
  set_value(e, found.nats, cap, o);
  e.substituted += found.steps;
  if (std::isfinite(found.nats)) e.substituted += final_step(e, found.nats, o);
  if (wanted != nullptr) wanted->finish(e, *s, o.order, 1, per_nat, has_feature_side(kind) ? rows.max_rank() : rows.x.n(), rows);
  return e;
}

}  // namespace

Estimate matrix_entropy(const SampleMatrix& x, const MatrixEntropyOptions& options, const Context& context) {
  MatrixEntropyOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute(x, o, context);
}

const EstimatorInfo& matrix_entropy_info() {
  static const EstimatorInfo info = make_estimator<MatrixEntropyOptions>(
      card(), table(),
      [](const Inputs& inputs, const MatrixEntropyOptions& o, const Context& context) {
        return compute(inputs.samples.front(), o, context);
      },
      [](const MatrixEntropyOptions& o, std::size_t n, std::size_t d) {
        return has_feature_side(o.kernel.kind) ? covariance_footprint(n, d) : pairs_footprint(n);
      },
      [](const Inputs& inputs, const MatrixEntropyOptions& o, const Context& context) {
        const SampleMatrix& x = inputs.samples.front();
        return differentiated(x, [&](Differentiation* wanted) { return compute(x, o, context, wanted); });
      });
  return info;
}

}  // namespace entrospect
