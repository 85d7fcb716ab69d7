#include "entrospect/estimators/dependence/mmd.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/estimators/dependence/group_sums.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

const Choices<MmdStatistic>& statistic_choices() {
  static const Choices<MmdStatistic> choices{
      {"biased", MmdStatistic::biased}, {"unbiased", MmdStatistic::unbiased}, {"block", MmdStatistic::block}};
  return choices;
}

EstimatorCard card() {
  EstimatorCard c;
  c.name = "mmd2";
  c.aliases = {"squared_maximum_mean_discrepancy"};
  c.summary = "Squared distance between the distributions of two samples: between their mean embeddings in the space of a kernel.";
  c.formula =
      "MMD^2 = mean Kx + mean Ky - 2 mean Kxy, Kx_ij = k(x_i, x_j), Ky_ij = k(y_i, y_j), Kxy_ij = k(x_i, y_j), means over all pairs";
  c.unit = "none";
  c.range = "[0, cap]; unbiased and block also below 0";
  c.cap = "2 max k(z, z) for kernels without negative values, else 4 max k(z, z)";
  c.cost = "O((n_x + n_y)^2 (d + n_null)); block: O(n block_size d)";
  c.references = {"Gretton, Borgwardt, Rasch, Schoelkopf, Smola: A kernel two-sample test, JMLR 2012",
                  "Zaremba, Gretton, Blaschko: B-tests, low variance kernel two-sample tests, NIPS 2013 (block)"};
  c.sample_names = {"x", "y"};
  c.paired = false;
  const std::string of_block = "the mean over i != j of k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i)";
  c.conventions = {
      {"biased", false, "", {{"statistic", std::string("biased")}}, {}},
      {"unbiased",
       false,
       "MMD^2 = mean Kx + mean Ky - 2 mean Kxy, means of Kx and Ky over pairs i != j",
       {{"statistic", std::string("unbiased")}},
       {}},
      {"block", false, "MMD^2 = mean over blocks of " + of_block, {{"statistic", std::string("block")}}, {}},
      {"linear-time",
       false,
       "MMD^2 = mean over blocks of 2 rows each of " + of_block,
       {{"statistic", std::string("block")}, {"block_size", std::int64_t{2}}},
       {}},
  };
  return c;
}

FieldTable<MmdOptions> table(const EstimatorCard& card) {
  using O = MmdOptions;
  FieldTable<O> t;
  t.choice(
      "statistic", [](O& o) -> MmdStatistic& { return o.statistic; }, statistic_choices(),
      "'unbiased' leaves out pairs of a row with itself: 0 on average for equal distributions, and may be negative; so is 'block', the "
      "mean over "
      "blocks of rows, which is cheap and has a standard error");
  t.integer(
      "block_size", [](O& o) -> std::size_t& { return o.block_size; }, {0, 1e9, false, false},
      "Rows of x, and of y, in a block of statistic = block, at least 2; 0 is the root of n, rounded down; 2 is the linear-time estimate");
  fields::add_kernel(t, sample_kernel_choices());
  fields::add_null(t);
  fields::add_seed(t, "Names the permutations, and the rows that the median rule draws for n_x + n_y > 4096");
  fields::add_convention(t, card);
  return t;
}

struct Means {
  double x = 0, y = 0, xy = 0;
  [[nodiscard]] double mmd2() const { return x + y - 2 * xy; }
};

Means means(const GroupSums& s, double n_x, double n_y, MmdStatistic statistic) {
  const double between = s.xy / (n_x * n_y);
  if (statistic == MmdStatistic::biased) return {s.xx / (n_x * n_x), s.yy / (n_y * n_y), between};
  return {(s.xx - s.x_diagonal) / (n_x * (n_x - 1)), (s.yy - s.y_diagonal) / (n_y * (n_y - 1)), between};
}

bool has_negative_values(KernelKind kind) {
  return std::none_of(nonnegative_kernel_choices().begin(), nonnegative_kernel_choices().end(),
                      [&](const auto& choice) { return choice.second == kind; });
}

// Mean over i != j of k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i); the first half of the rows of k are those of x.
double of_block(const SymmetricMatrix<double>& k) {
  const std::size_t b = k.n() / 2;
  Sum out;
  for (std::size_t i = 0; i < b; ++i)
    for (std::size_t j = 0; j < i; ++j) out.add((k(i, j) + k(b + i, b + j)) - (k(i, b + j) + k(j, b + i)));
  return 2 * out.value() / (static_cast<double>(b) * static_cast<double>(b - 1));
}

std::size_t block_size(const MmdOptions& o, std::size_t n) {
  if (o.block_size > 0) return o.block_size;
  return std::max<std::size_t>(2, static_cast<std::size_t>(std::sqrt(static_cast<double>(n))));
}

Outcome find_blocks(const Samples& samples, const MmdOptions& o, Estimate& e, const Context& context) {
  const std::size_t n = samples[0].n(), size = block_size(o, n);
  if (samples[1].n() != n)
    throw InvalidArgument(e.estimator + ": statistic = 'block' takes as many rows of y as of x; 'y' has " + std::to_string(samples[1].n()) +
                          " rows where 'x' has " + std::to_string(n));
  if (o.null != PermutationNull::none)
    throw InvalidArgument(e.estimator + ": statistic = 'block' has a standard error and no permutation null; use null = 'none'");
  if (size < 2) throw InvalidArgument(e.estimator + ": block_size = 1; a block needs at least 2 rows of each (0 chooses)");
  const Together both = together({samples[0], samples[1]}, {o.kernel, true, 0, o.seed}, e, context);
  const std::size_t blocks = n / size;
  if (blocks < 2)
    throw InvalidArgument(e.estimator + ": n = " + std::to_string(n) +
                          " rows are fewer than 2 blocks of block_size = " + std::to_string(size));
  std::vector<double> values(blocks), largest(blocks);
  parallel_for(context, blocks, [&](std::size_t block) {
    std::vector<std::size_t> rows(2 * size);
    for (std::size_t i = 0; i < size; ++i) {
      rows[i] = block * size + i;
      rows[size + i] = n + block * size + i;
    }
    const SymmetricMatrix<double> k = gram_matrix<double>(both.rows.select(rows), o.kernel, both.bandwidth, context);
    values[block] = of_block(k);
    for (std::size_t i = 0; i < k.n(); ++i) largest[block] = std::max(largest[block], k(i, i));
  });
  const auto count = static_cast<double>(blocks);
  const double total = sum(values), mean = total / count;
  e.diagnostics.set("blocks", static_cast<std::int64_t>(blocks));
  e.diagnostics.set("block_rows", static_cast<std::int64_t>(size));
  if (n > blocks * size) e.diagnostics.set("rows_left_out", static_cast<std::int64_t>(n - blocks * size));
  Outcome out{mean, (has_negative_values(o.kernel.kind) ? 4 : 2) * *std::max_element(largest.begin(), largest.end()),
              kernel_text(o.kernel, e) + "; " + shown(count) + " blocks of " + std::to_string(size) + " rows each; sum over blocks = " +
                  shown(total) + "; MMD^2 = " + shown(total) + " / " + shown(count) + " = " + shown(mean)};
  out.std_error = error_of_sum(values) / count;
  return out;
}

Outcome find(const Samples& samples, const MmdOptions& o, Estimate& e, const Context& context) {
  if (o.statistic == MmdStatistic::block) return find_blocks(samples, o, e, context);
  const TwoSampleSums sums = group_sums({samples[0], samples[1]}, {o.kernel, true, detail::null_count(o), o.seed}, e, context);
  const auto n_x = static_cast<double>(sums.n_x), n_y = static_cast<double>(sums.n_y);
  const Means m = means(sums.given, n_x, n_y, o.statistic);
  Outcome out{m.mmd2(), (has_negative_values(o.kernel.kind) ? 4 : 2) * sums.largest,
              kernel_text(o.kernel, e) + "; mean Kx = " + shown(m.x) + "; mean Ky = " + shown(m.y) + "; mean Kxy = " + shown(m.xy) +
                  "; MMD^2 = " + shown(m.x) + " + " + shown(m.y) + " - 2 * " + shown(m.xy) + " = " + shown(m.mmd2())};
  for (const GroupSums& dealt : sums.null) out.null.push_back(means(dealt, n_x, n_y, o.statistic).mmd2());
  out.tie = sums.error();
  return out;
}

std::string convention_of(const MmdOptions& o) {
  if (o.statistic == MmdStatistic::block && o.block_size == 2) return "linear-time";
  return detail::word_of(statistic_choices(), o.statistic);
}

// Of means(): sums over n_x^2 or n_x (n_x - 1) pairs, and over n_x n_y of them.
SampleGradient gradient_of_means(const Samples& samples, const MmdOptions& o, const Estimate& e, const Context& context) {
  if (o.statistic != MmdStatistic::biased && o.statistic != MmdStatistic::unbiased)
    refuse_gradient(e, "statistic = '" + detail::word_of(statistic_choices(), o.statistic) + "'", "use 'biased' or 'unbiased'");
  const auto n_x = static_cast<double>(samples[0].n()), n_y = static_cast<double>(samples[1].n());
  GroupSums slopes;
  slopes.xy = -2 / (n_x * n_y);
  slopes.xx = 1 / (n_x * (o.statistic == MmdStatistic::biased ? n_x : n_x - 1));
  if (o.statistic == MmdStatistic::unbiased) slopes.x_diagonal = -slopes.xx;
  return group_gradient(
      {samples[0], samples[1]}, o.kernel, e, [&](const GroupSums&) { return slopes; }, context);
}

const Quantity<MmdOptions>& measure() {
  static const Quantity<MmdOptions> measure{
      card(),
      table(card()),
      find,
      [](const MmdOptions& o, std::size_t n, std::size_t d) {
        // Both together in blocks; n counts the rows of both.
        const double size = static_cast<double>(block_size(o, n / 2));
        return o.statistic == MmdStatistic::block ? Footprint{false, 64 * size * (size + static_cast<double>(d))} : pairs_footprint(n);
      },
      gradient_of_means,
      convention_of};
  return measure;
}

}  // namespace

Estimate mmd2(const SampleMatrix& x, const SampleMatrix& y, const MmdOptions& options, const Context& context) {
  return detail::estimate(measure(), {{x, y}, {}, {}}, options, context);
}

const EstimatorInfo& mmd2_info() {
  static const EstimatorInfo info = detail::info_of(measure());
  return info;
}

}  // namespace entrospect
