#include "entrospect/estimators/spectral_entropy/diffusion_mutual.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_paper.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/estimators/student_interval.hpp"

namespace entrospect {
namespace {

using Rows = std::vector<std::size_t>;

constexpr std::size_t kMostSubsets = 100000;  // of repeats = all
constexpr std::size_t kToolBins = 10;

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "diffusion_spectral_mutual_information";
    c.aliases = {"dsmi"};
    c.summary = "How much less diffusion spectral entropy the classes have than random subsets of their sizes.";
    c.formula = "DSMI = sum_c (n_c / n) [mean_r DSE(random n_c rows) - DSE(rows of class c)], DSE = H_q(p), p = |lam|^t / sum |lam|^t, " +
                walk_formula();
    c.unit = "entropy";
    c.range = "(-ln n, ln n); may be negative and may exceed H(labels)";
    c.cap = "H(labels)";
    c.cost = "O((repeats + 1 + n_null) sum_c (n_c^2 d + n_c^3))";
    c.references = {kDiffusionPaper};
    c.labels = Need::required;
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"dse-dsmi",
         true,
         "",
         {{"anisotropy", 0.0}, {"bandwidth", 10.0}, {"t", 1.0}, {"repeats", 5.0}, {"unit", std::string("bits")}},
         {"the paper's operator has anisotropy 1/2; the tool computes anisotropy 0", "2.2e-16 is added to every p without renormalizing",
          "random subsets start from the same seed for every class, so classes of one size share them",
          "real-valued labels are cut into 10 equal-width bins, whole numbers stored as reals too",
          "classes of one row are kept and contribute 0; the row limit of the entropy is not applied",
          "the tool's rule for subsets, not its draws"}},
    };
    return c;
  }();
  return card;
}

const FieldTable<DiffusionMutualOptions>& table() {
  using O = DiffusionMutualOptions;
  static const FieldTable<O> table = [] {
    FieldTable<O> t;
    fields::add_diffusion(t);
    t.number_or_choice(
        "repeats", [](O& o) -> std::variant<double, AllSubsets>& { return o.repeats; }, {1, 1e6, false, false},
        Choices<AllSubsets>{{"all", AllSubsets::all}}, "Random subsets per class (a whole number), or 'all' subsets of the class's size");
    t.choice(
        "target", [](O& o) -> Target& { return o.target; }, Choices<Target>{{"classes", Target::classes}, {"bins", Target::bins}},
        "'classes' takes labels as they are; 'bins' cuts real-valued ones into equal-width bins");
    t.integer(
        "bins", [](O& o) -> std::size_t& { return o.bins; }, {2, 1e6, false, false}, "Bins of target = bins");
    t.choice(
        "small_classes", [](O& o) -> SmallClasses& { return o.small_classes; },
        Choices<SmallClasses>{{"error", SmallClasses::error}, {"drop", SmallClasses::drop}},
        "Classes with fewer than 2 rows: refuse them, or drop their rows and count them");
    t.choice(
        "null", [](O& o) -> PermutationNull& { return o.null; }, permutation_null_choices(),
        "'permutation' compares with permuted labels: null_mean, null_sd and p_value in the diagnostics");
    t.integer(
        "n_null", [](O& o) -> std::size_t& { return o.n_null; }, {1, 1e6, false, false}, "Permutations of null = permutation");
    t.number(
        "confidence", [](O& o) -> double& { return o.confidence; }, {0, 1, true, true}, "Of the interval over the choice of subsets");
    fields::add_rows(t);
    fields::add_solver(t);
    fields::add_seed(t, "Names the random subsets and permutations, and the rows that the median rule draws for n > 4096");
    fields::add_entropy_unit(t);
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

// Equal-width bins between the extremes, half-open on the right but for the last.
Labels binned(const std::vector<double>& values, std::size_t bins) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (!(*high > *low)) throw InvalidArgument("labels: all " + std::to_string(values.size()) + " real-valued labels are equal: no bins");
  std::vector<std::int64_t> out;
  for (const double v : values) {
    const double unit = (v - *low) / (*high - *low);
    std::size_t bin = 0;
    while (bin + 1 < bins && unit >= static_cast<double>(bin + 1) / static_cast<double>(bins)) ++bin;
    out.push_back(static_cast<std::int64_t>(bin));
  }
  return Labels(std::move(out));
}

// Labels as classes: real-valued ones are binned where that was asked for, and by the tool.
Labels::Classes target_classes(const Labels& labels, const DiffusionMutualOptions& o, const Estimate& e) {
  const std::vector<double>* reals = labels.reals();
  if (o.target == Target::bins) {
    if (reals == nullptr)
      throw InvalidArgument(e.estimator + ": target = 'bins' cuts real-valued labels, not whole numbers or texts; use target = 'classes'");
    return binned(*reals, o.bins).classes();
  }
  return (!o.compat.empty() && reals != nullptr ? binned(*reals, kToolBins) : labels).classes();
}

struct ClassRows {
  std::vector<Rows> rows;  // indices into the view, ascending classes
  std::size_t n = 0;

  [[nodiscard]] double share(std::size_t c) const { return static_cast<double>(rows[c].size()) / static_cast<double>(n); }
};

// All subsets of m out of n rows in lexicographic order.
std::vector<Rows> all_subsets(std::size_t n, std::size_t m, std::string_view who) {
  double count = 1;
  for (std::size_t i = 1; i <= m; ++i) count = count * static_cast<double>(n - m + i) / static_cast<double>(i);
  if (count > static_cast<double>(kMostSubsets))
    throw InvalidArgument(std::string(who) + ": repeats = 'all' needs " + shown(count) + " subsets of " + std::to_string(m) + " out of " +
                          std::to_string(n) + " rows; at most " + std::to_string(kMostSubsets) + " are allowed");
  std::vector<Rows> out;
  Rows subset(m);
  std::iota(subset.begin(), subset.end(), std::size_t{0});
  while (true) {
    out.push_back(subset);
    std::size_t i = m;
    while (i > 0 && subset[i - 1] == n - m + i - 1) --i;
    if (i == 0) return out;
    ++subset[i - 1];
    for (std::size_t j = i; j < m; ++j) subset[j] = subset[j - 1] + 1;
  }
}

// The subsets that stand for "no class" at the size of class c.
std::vector<Rows> reference_subsets(const ClassRows& classes, std::size_t c, const DiffusionMutualOptions& o) {
  const std::size_t size = classes.rows[c].size();
  if (std::holds_alternative<AllSubsets>(o.repeats)) return all_subsets(classes.n, size, card().name);
  std::vector<Rows> out;
  const auto repeats = static_cast<std::uint64_t>(std::get<double>(o.repeats));
  // Ours: a stream of its own per class and repeat. The tool resets its seed for every class, so all classes share the streams of class 0.
  const std::uint64_t first = o.compat.empty() ? static_cast<std::uint64_t>(c) << 32 : 0;
  for (std::uint64_t r = 0; r < repeats; ++r) out.push_back(RandomStream(o.seed, first + r).subset(classes.n, size));
  return out;
}

struct Term {
  Rows rows;
  double entropy = 0;  // nats
  std::string doubt{};
};

void evaluate(std::vector<Term>& terms, const SampleMatrix& x, const DiffusionWalk& walk, const SpectrumOptions& solver,
              const Context& context) {
  parallel_for(context, terms.size(), [&](std::size_t i) {
    Term& term = terms[i];
    if (term.rows.size() < 2) return;  // one row has one eigenvalue and no entropy
    const auto s = diffusion_spectrum(x.select(term.rows), walk, solver, context);
    term.entropy = diffusion_entropy(*s, walk);
    term.doubt = doubt_of_powers(s->values, walk.t, s->rank_tolerance);
  });
}

struct Moments {
  double mean = 0, variance = 0;  // over n - 1
};

Moments moments(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  Moments m{sum(values) / n, 0};
  Sum squares;
  for (const double v : values) squares.add((v - m.mean) * (v - m.mean));
  if (values.size() > 1) m.variance = squares.value() / (n - 1);
  return m;
}

double label_entropy(const ClassRows& classes) {
  std::vector<double> counts;
  for (const Rows& rows : classes.rows) counts.push_back(static_cast<double>(rows.size()));
  return renyi_entropy(counts, 1);
}

// The solvers that select_backend() takes for the class sizes, in order of first use.
std::string backends_used(const ClassRows& classes, Backend requested) {
  std::string out;
  for (const Rows& rows : classes.rows) {
    const std::string used(name(select_backend(rows.size(), requested)));
    if (out.find(used) == std::string::npos) out += (out.empty() ? "" : ", ") + used;
  }
  return out;
}

// Rows of each class among the rows that are left, without the classes that are too small.
ClassRows classes_of(const Labels& labels, PreparedRows& rows, const DiffusionMutualOptions& o, Estimate& e) {
  const bool tool = !o.compat.empty();
  const Labels left = rows.kept.empty() ? labels : labels.select(rows.kept);
  const Labels::Classes found = target_classes(left, o, e);
  std::vector<std::uint8_t> keep(rows.x.n(), 1);
  std::size_t dropped_classes = 0, dropped_rows = 0;
  for (std::size_t c = 0; c < found.rows.size(); ++c) {
    if (found.rows[c].size() >= 2 || tool) continue;
    if (o.small_classes == SmallClasses::error)
      throw InvalidArgument(e.estimator + ": class '" + found.names[c] +
                            "' has 1 row; every class needs at least 2 (small_classes = 'drop' leaves it out)");
    ++dropped_classes;
    for (const std::size_t row : found.rows[c]) keep[row] = 0;
    dropped_rows += found.rows[c].size();
  }
  ClassRows out;
  std::vector<std::size_t> place(keep.size(), 0);
  for (std::size_t row = 0; row < keep.size(); ++row)
    if (keep[row] != 0) place[row] = out.n++;
  for (const Rows& members : found.rows) {
    if (keep[members.front()] == 0) continue;
    Rows moved;
    for (const std::size_t row : members) moved.push_back(place[row]);
    out.rows.push_back(std::move(moved));
  }
  if (out.rows.empty()) throw InvalidArgument(e.estimator + ": no class has 2 rows");
  if (dropped_classes > 0) {
    rows.x = rows.x.where(keep);
    e.diagnostics.set("classes_dropped", static_cast<std::int64_t>(dropped_classes));
    e.diagnostics.set("rows_dropped", static_cast<std::int64_t>(dropped_rows));
  }
  e.n = out.n;
  e.diagnostics.set("classes", static_cast<std::int64_t>(out.rows.size()));
  return out;
}

// Standard error and Student interval over the choice of random subsets.
void add_error(Estimate& e, const std::vector<Moments>& references, const ClassRows& classes, const DiffusionMutualOptions& o) {
  const double repeats = std::get<double>(o.repeats);
  if (repeats < 2) return;
  Sum total, squares;
  for (std::size_t c = 0; c < references.size(); ++c) {
    const double v = classes.share(c) * classes.share(c) * references[c].variance / repeats;
    total.add(v);
    squares.add(v * v / (repeats - 1));
  }
  const double error = std::sqrt(total.value()) * nats_to(o.unit);
  const double freedom = squares.value() > 0 ? total.value() * total.value() / squares.value() : repeats - 1;
  e.std_error = error;
  e.interval = student_interval(e.value, error, freedom, o.confidence);
  e.interval_method = "repeats-student";
  e.diagnostics.set("confidence", o.confidence);
  e.diagnostics.set("degrees_of_freedom", freedom);
}

// The value against permuted labels; the subsets, and with them `baseline`, stay the same.
void add_label_null(Estimate& e, double baseline, const ClassRows& classes, const SampleMatrix& x, const DiffusionWalk& walk,
                    const DiffusionMutualOptions& o, const SpectrumOptions& solver, const Context& context) {
  std::vector<Term> terms;
  for (std::uint64_t m = 0; m < o.n_null; ++m) {
    const Rows order = null_stream(o.seed, m).permutation(classes.n);
    auto next = order.begin();
    for (const Rows& rows : classes.rows) {
      const auto end = next + static_cast<std::ptrdiff_t>(rows.size());
      terms.push_back({Rows(next, end)});
      std::sort(terms.back().rows.begin(), terms.back().rows.end());
      next = end;
    }
  }
  evaluate(terms, x, walk, solver, context);
  std::vector<double> null;
  const double unit = nats_to(o.unit);
  for (auto term = terms.begin(); term != terms.end();) {
    Sum inside;
    for (std::size_t c = 0; c < classes.rows.size(); ++c, ++term) inside.add(classes.share(c) * term->entropy);
    null.push_back((baseline - inside.value()) * unit);
  }
  add_null(e, null, 1e-12 * std::max(1.0, std::abs(e.value)), o.seed);  // the same classes under other names are a tie
}

void check(const DiffusionMutualOptions& o, const Estimate& e) {
  refuse_single(e, o.solver.precision, o.order < 1 || o.t < 1, "orders below 1 and t below 1 depend on small eigenvalues");
  const double* repeats = std::get_if<double>(&o.repeats);
  if (repeats != nullptr && *repeats != std::floor(*repeats))
    throw InvalidArgument(e.estimator + ": repeats = " + shown(*repeats) + " is not a whole number in [1, 1e6] or 'all'");
  if (o.kernel.kind == KernelKind::precomputed)
    throw InvalidArgument(e.estimator + ": kernel = 'precomputed' has no rows to draw subsets from; give samples and a kernel");
}

Estimate compute(const SampleMatrix& x, const Labels& labels, const DiffusionMutualOptions& o, const Context& context) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  e.unit = o.unit;
  check(o, e);
  PreparedRows rows = prepare_rows(x, {o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false}, e, context);
  const ClassRows classes = classes_of(labels, rows, o, e);

  DiffusionWalk walk = walk_of(o, e.estimator);
  if (o.graph == Graph::dense) walk.kernel.bandwidth = resolve_bandwidth(rows.x, o.kernel, o.seed, e.diagnostics, context);

  std::vector<Term> terms;  // of each class: its own rows first, then its reference subsets
  std::vector<std::size_t> ends;
  for (std::size_t c = 0; c < classes.rows.size(); ++c) {
    terms.push_back({classes.rows[c]});
    for (Rows& subset : reference_subsets(classes, c, o)) terms.push_back({std::move(subset)});
    ends.push_back(terms.size());
  }
  const SpectrumOptions solver{o.solver, o.seed};
  evaluate(terms, rows.x, walk, solver, context);

  Sum inside, baseline;
  std::vector<Moments> references;
  std::size_t begin = 0;
  for (std::size_t c = 0; c < classes.rows.size(); ++c) {
    std::vector<double> entropies;
    for (std::size_t i = begin + 1; i < ends[c]; ++i) entropies.push_back(terms[i].entropy);
    references.push_back(moments(entropies));
    baseline.add(classes.share(c) * references[c].mean);
    inside.add(classes.share(c) * terms[begin].entropy);
    begin = ends[c];
  }
  if (classes.rows.size() == 1) e.flag(Status::degenerate, "all rows are of one class; there is nothing to know about it");
  const auto doubtful = std::find_if(terms.begin(), terms.end(), [](const Term& term) { return !term.doubt.empty(); });
  if (doubtful != terms.end()) e.flag(Status::out_of_valid_range, doubtful->doubt);
  const double value = baseline.value() - inside.value(), cap = label_entropy(classes);
  set_entropy(e, value, cap, o.unit);
  e.backend_requested = name(o.solver.backend);
  e.backend_used = backends_used(classes, o.solver.backend);
  e.diagnostics.set("entropies", static_cast<std::int64_t>(terms.size()));
  if (std::holds_alternative<double>(o.repeats)) {
    e.seed = o.seed;
    add_error(e, references, classes, o);
  }
  constexpr double roundoff = 1e-12;
  if (value > cap + roundoff * std::max(1.0, cap)) e.flag(Status::above_entropy, "larger than the label entropy " + shown(*e.cap));
  if (o.null == PermutationNull::permutation) add_label_null(e, baseline.value(), classes, rows.x, walk, o, solver, context);
  e.substituted = rows_text(rows.x) + "; " + walk_text(walk, e.diagnostics.find("bandwidth")) + "; t = " + shown(o.t) + "; " +
                  std::to_string(classes.rows.size()) + " classes; DSMI = " + shown(baseline.value()) + " - " + shown(inside.value()) +
                  " = " + shown(value) + " nats" + unit_step(value, o.unit);
  return e;
}

}  // namespace

Estimate diffusion_spectral_mutual_information(const SampleMatrix& x, const Labels& labels, const DiffusionMutualOptions& options,
                                               const Context& context) {
  detail::check_inputs(card(), {{x}, labels, {}});
  DiffusionMutualOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute(x, labels, o, context);
}

const EstimatorInfo& diffusion_spectral_mutual_information_info() {
  static const EstimatorInfo info = make_estimator<DiffusionMutualOptions>(
      card(), table(),
      [](const Inputs& inputs, const DiffusionMutualOptions& o, const Context& context) {
        return compute(inputs.samples.front(), *inputs.labels, o, context);
      },
      [](const DiffusionMutualOptions&, std::size_t n, std::size_t) { return pairs_footprint(n); });
  return info;
}

}  // namespace entrospect
