#include "entrospect/estimators/matrix_information/difference_of_entropies.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/matrix_information/detail/blocks.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/tool_rules.hpp"

namespace entrospect {
namespace {

using detail::Blocks;
using detail::Quantity;

constexpr double kMostPermutations = 50000;  // of repeats = all
constexpr double kToolRepeats = 10;

template <class O>
void add_repeats(FieldTable<O>& t, std::string help) {
  t.number_or_choice(
      "repeats", [](O& o) -> std::variant<double, AllPermutations>& { return o.repeats; }, {1, 1e6, false, false},
      Choices<AllPermutations>{{"all", AllPermutations::all}}, std::move(help));
}

EstimatorCard card(std::string name, std::string summary, const std::string& formula) {
  EstimatorCard c;
  c.name = std::move(name);
  c.summary = std::move(summary);
  detail::set_formulas(c, formula);
  for (ConventionInfo& convention : c.conventions)
    if (convention.id == "repitl") {
      convention.preset.emplace_back("repeats", kToolRepeats);
      convention.faults.emplace_back("10 permutations without a seed and without a standard error; its rule is reproduced, not its draws");
    }
  c.cap = "none";
  c.cost = "O(n^2 (d_x + d_y) + (repeats + 1) n^3); order 2: O(n^2 (d_x + d_y + repeats))";
  c.references = {
      "Skean, Osorio, Brockmeier, Sanchez Giraldo: DiME, maximizing mutual information by a difference of matrix-based entropies, "
      "arXiv 2301.08164, 2023"};
  c.sample_names = {"x", "y"};
  return c;
}

// Permutations to average over; none: all of them.
std::optional<std::size_t> repeats_of(const std::variant<double, AllPermutations>& repeats, const Estimate& e) {
  const double* number = std::get_if<double>(&repeats);
  if (number == nullptr) return std::nullopt;
  if (*number != std::floor(*number))
    throw InvalidArgument(e.estimator + ": repeats = " + shown(*number) + " is not a whole number in [1, 1e6] or 'all'");
  return static_cast<std::size_t>(*number);
}

std::vector<std::vector<std::size_t>> all_permutations(std::size_t n, const Estimate& e) {
  double count = 1;
  for (std::size_t i = 2; i <= n && count <= kMostPermutations; ++i) count *= static_cast<double>(i);
  if (count > kMostPermutations)
    throw InvalidArgument(e.estimator + ": repeats = 'all' needs every permutation of n = " + std::to_string(n) + " rows, more than the " +
                          shown(kMostPermutations) + " allowed; n = 8 is the largest");
  std::vector<std::vector<std::size_t>> out;
  std::vector<std::size_t> p(n);
  std::iota(p.begin(), p.end(), std::size_t{0});
  do out.push_back(p);
  while (std::next_permutation(p.begin(), p.end()));
  return out;
}

struct Average {
  double mean = 0;
  std::optional<double> error;  // standard, of a mean over random permutations
  std::size_t count = 0;
};

// Of f(H) over permutations of the rows of y.
template <class F>
Average permuted(const Blocks& blocks, const std::variant<double, AllPermutations>& repeats, std::uint64_t seed, Estimate& e, F f) {
  const std::size_t n = blocks.matrix(0).n();
  const std::optional<std::size_t> count = repeats_of(repeats, e);
  std::vector<double> values;
  if (count) {
    e.seed = seed;
    values = blocks.permuted_entropies(*count, [&](std::size_t m) { return null_stream(seed, m).permutation(n); });
  } else {
    const auto all = all_permutations(n, e);
    values = blocks.permuted_entropies(all.size(), [&](std::size_t m) { return all[m]; });
  }
  for (double& v : values) v = f(v);
  Average out{sum(values) / static_cast<double>(values.size()), std::nullopt, values.size()};
  if (!count || *count < 2) return out;
  Sum squares;
  for (const double v : values) squares.add((v - out.mean) * (v - out.mean));
  const auto m = static_cast<double>(values.size());
  out.error = std::sqrt(squares.value() / (m - 1) / m);
  return out;
}

void report(Estimate& e, const Average& average, double paired, Unit unit, const std::string& steps) {
  const double value = average.mean - paired;
  e.diagnostics.set("permutations", static_cast<std::int64_t>(average.count));
  e.diagnostics.set("permuted_mean", average.mean);
  set_number(e, value, std::nullopt, unit);
  if (average.error) {
    e.std_error = *average.error * nats_to(unit);
    e.interval_method = "repeats";
  }
  e.substituted = steps + shown(average.mean) + " - " + shown(paired) + " = " + shown(value) +
                  (unit == Unit::none ? "" : " nats" + unit_step(value, unit));
}

// ---- difference of entropies

// What the tool of compat = skean multiplies: max(Z Z^T, 0), or max(Z^T Z, 0) where n > d, as matrices that are given.
Blocks clamped_blocks(const std::vector<SampleMatrix>& samples, const EstimatorCard& own, const DifferenceOfEntropiesOptions& o,
                      Estimate& e, const Context& context) {
  if (o.kernel.kind != KernelKind::linear)
    throw InvalidArgument(e.estimator + ": compat = 'skean' is defined for kernel = 'linear', got '" + std::string(name(o.kernel.kind)) +
                          "'");
  std::vector<SampleMatrix> matrices;
  Estimate all = e;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Estimate facts;
    facts.estimator = e.estimator + ": " + sample_name(own, i);
    const SampleMatrix z = prepare_rows(samples[i], {true, Normalize::l2, ZeroRows::error, true, false}, facts, context).x;
    add_facts(facts, sample_name(own, i), i == 0, all);
    const auto k = std::make_shared<const SymmetricMatrix<double>>(clamped_product(z, z.n() <= z.d(), context));
    const auto stride = static_cast<std::ptrdiff_t>(sizeof(double));
    matrices.emplace_back(k->data(), DType::f64, k->n(), k->n(), stride * static_cast<std::ptrdiff_t>(k->n()), stride, k);
  }
  if (matrices[0].n() != matrices[1].n())
    throw InvalidArgument(e.estimator +
                          ": compat = 'skean' multiplies an n x n matrix where n <= d and a d x d matrix where n > d; these are of " +
                          "order " + std::to_string(matrices[0].n()) + " and " + std::to_string(matrices[1].n()));
  detail::BlockPlan plan = detail::block_plan(o);
  plan.kernel.kind = KernelKind::precomputed;
  Blocks out(matrices, own, plan, e, context);
  e.n = all.n;
  e.d = all.d;
  for (const auto& [key, value] : all.diagnostics.items()) e.diagnostics.set(key, value);
  for (const Status status : all.flags) e.flag(status, all.reason);
  return out;
}

void fill_entropies(const Inputs& inputs, const EstimatorCard& own, const DifferenceOfEntropiesOptions& o, Estimate& e,
                    const Context& context) {
  e.unit = o.unit;
  const bool clamp = e.compat == "skean";
  Blocks blocks =
      clamp ? clamped_blocks(inputs.samples, own, o, e, context) : Blocks(inputs.samples, own, detail::block_plan(o), e, context);
  const double paired = blocks.entropy({0, 1});
  const Average average = permuted(blocks, o.repeats, o.seed, e, [](double h) { return h; });
  report(e, average, paired, o.unit,
         (clamp ? "linear kernel of centered rows divided by their norms, clamped at 0; " : blocks.kernels()) +
             blocks.entropy_step({0, 1}) + "; mean over " + std::to_string(average.count) + " permutations = " + shown(average.mean) +
             " nats; DoE = ");
}

const Quantity<DifferenceOfEntropiesOptions>& entropies() {
  using O = DifferenceOfEntropiesOptions;
  static const auto out = [] {
    EstimatorCard c =
        card("difference_of_entropies", "How much more entropy two representations have together when their rows are paired at random.",
             "DoE = mean over permutations of the rows of y of H(x, permuted y) - H(x, y)");
    c.aliases = {"doe", "dime"};
    c.unit = "entropy";
    c.conventions.push_back(
        {"skean",
         true,
         "DoE = mean over permutations of the rows of y of H(x, permuted y) - H(x, y), H_q(p), p positive eigenvalues over their sum of "
         "the "
         "entrywise product of max(Z Z^T, 0) if n <= d else max(Z^T Z, 0), Z the centered rows of x and of y divided by their norms",
         {{"kernel", std::string("linear")}, {"repeats", kToolRepeats}},
         {"where n > d it multiplies d x d matrices of features, which is the kernel of no joint samples",
          "entries are clamped at 0, which is not safe for positive semi-definiteness: opposite rows count as unrelated",
          "10 permutations without a seed and without a standard error; its rule is reproduced, not its draws"}});
    c.range = "[-ln n, ln n]; positive for dependent rows, of either sign otherwise";
    Quantity<O> q{std::move(c), {}, {}};
    q.compute = [own = q.card](const Inputs& inputs, const O& o, Estimate& e, const Context& context) {
      fill_entropies(inputs, own, o, e, context);
    };
    q.footprint = [](const O&, std::size_t n, std::size_t) { return detail::blocks_footprint(2, n); };
    add_repeats(q.table, "Random permutations of the rows of y (a whole number), or 'all' of them for n <= 8");
    detail::add_block_fields(q.table, q.card);
    return q;
  }();
  return out;
}

// ---- difference of powers

// tr A^q of trace-one A from its entropy.
double power(double order, double nats) { return std::exp((1 - order) * nats); }

// Squares of the entries on and off the diagonal.
std::pair<double, double> squares(const SymmetricMatrix<double>& k) {
  Sum diagonal;
  for (std::size_t i = 0; i < k.n(); ++i) diagonal.add(k(i, i) * k(i, i));
  return {diagonal.value(), k.frobenius2() - diagonal.value()};
}

double mean_square_power(const Blocks& blocks) {
  const auto n = static_cast<double>(blocks.matrix(0).n());
  const auto [x_on, x_off] = squares(blocks.matrix(0));
  const auto [y_on, y_off] = squares(blocks.matrix(1));
  return (x_on * (y_on / n) + x_off * (y_off / (n * (n - 1)))) / (n * n);
}

void fill_powers(const Inputs& inputs, const EstimatorCard& own, const DifferenceOfPowersOptions& o, Estimate& e, const Context& context) {
  e.unit = Unit::none;
  if (o.order == 1 || std::isinf(o.order))
    throw InvalidArgument(e.estimator + ": order = " + shown(o.order) + " makes every power one number; choose another in [0, inf)");
  Blocks blocks(inputs.samples, own, detail::block_plan(o), e, context);
  const double nats = blocks.entropy({0, 1}), paired = power(o.order, nats);
  (void)repeats_of(o.repeats, e);
  const bool exact = o.order == 2 && e.compat.empty();
  const Average average = exact ? Average{mean_square_power(blocks), std::nullopt, 0}
                                : permuted(blocks, o.repeats, o.seed, e, [&](double h) { return power(o.order, h); });
  const std::string q = shown(o.order), over = exact ? "all permutations, exactly" : std::to_string(average.count) + " permutations";
  report(e, average, paired, Unit::none,
         blocks.kernels() + blocks.entropy_step({0, 1}) + "; tr A^" + q + " = exp((1 - " + q + ") * " + shown(nats) +
             ") = " + shown(paired) + "; mean over " + over + " = " + shown(average.mean) + "; DiP = ");
  if (exact) e.diagnostics.set("permutations", std::string("all"));
}

const Quantity<DifferenceOfPowersOptions>& powers() {
  using O = DifferenceOfPowersOptions;
  static const auto out = [] {
    EstimatorCard c =
        card("difference_of_powers", "Difference of entropies with tr A^q in place of the entropy; order 2 is exact.",
             "DiP = mean over permutations of the rows of y of tr A(x, permuted y)^q - tr A(x, y)^q, tr A^q = exp((1 - q) H_q(A))");
    c.unit = "none";
    c.range = "[-1, 1]; negative for dependent rows when q > 1, positive when q < 1, of either sign otherwise";
    Quantity<O> q{std::move(c), {}, {}};
    for (ConventionInfo& convention : q.card.conventions)
      std::erase_if(convention.preset, [](const auto& option) { return option.first == "unit" || option.first == "order"; });
    q.compute = [own = q.card](const Inputs& inputs, const O& o, Estimate& e, const Context& context) {
      fill_powers(inputs, own, o, e, context);
    };
    q.footprint = [](const O&, std::size_t n, std::size_t) { return detail::blocks_footprint(2, n); };
    add_repeats(q.table, "Random permutations of the rows of y (a whole number), or 'all' of them for n <= 8; order 2 needs none");
    detail::add_block_fields(q.table, q.card);
    return q;
  }();
  return out;
}

}  // namespace

Estimate difference_of_entropies(const SampleMatrix& x, const SampleMatrix& y, const DifferenceOfEntropiesOptions& options,
                                 const Context& context) {
  return detail::estimate(entropies(), {{x, y}, std::nullopt, {}}, options, context);
}
Estimate difference_of_powers(const SampleMatrix& x, const SampleMatrix& y, const DifferenceOfPowersOptions& options,
                              const Context& context) {
  return detail::estimate(powers(), {{x, y}, std::nullopt, {}}, options, context);
}

const EstimatorInfo& difference_of_entropies_info() {
  static const EstimatorInfo info = detail::info_of(entropies());
  return info;
}
const EstimatorInfo& difference_of_powers_info() {
  static const EstimatorInfo info = detail::info_of(powers());
  return info;
}

}  // namespace entrospect
