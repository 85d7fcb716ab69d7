#include "entrospect/estimators/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/row_tiles.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/resampling.hpp"
#include "entrospect/estimators/uncertainty.hpp"

namespace entrospect {
namespace {

SampleMatrix owned(std::shared_ptr<std::vector<double>> values, std::size_t n, std::size_t d) {
  const auto stride = static_cast<std::ptrdiff_t>(sizeof(double));
  const double* data = values->data();
  return {data, DType::f64, n, d, stride * static_cast<std::ptrdiff_t>(d), stride, std::move(values)};
}

std::vector<double> values_of(const SampleMatrix& x, const Context& context) {
  std::vector<double> out(x.n() * x.d());
  RowLoader(x, context).load(0, x.n(), out.data(), x.d());
  return out;
}

// Root of the mean variance within columns.
double scale_of(const SampleMatrix& x, const Context& context) {
  std::vector<Sum> squares(row_blocks(x.n(), x.d()).count);
  for_each_tile(RowLoader(x.centered(), context), context, [&](const RowTile& tile) {
    for (std::size_t i = 0; i < tile.count; ++i)
      for (std::size_t j = 0; j < x.d(); ++j) squares[tile.block].add(tile.row(i)[j] * tile.row(i)[j]);
  });
  Sum total;
  for (const Sum& block : squares) total.add(block.value());
  return std::sqrt(total.value() / static_cast<double>((x.n() - 1) * x.d()));
}

using Draw = std::function<SampleMatrix(RandomStream)>;

Draw gaussian(const SampleMatrix& x, const Context& context) {
  return [n = x.n(), d = x.d(), scale = scale_of(x, context)](RandomStream random) {
    auto values = std::make_shared<std::vector<double>>(n * d);
    for (double& v : *values) v = scale * random.normal();
    return owned(std::move(values), n, d);
  };
}

Draw shuffled(const SampleMatrix& x, const Context& context) {
  return [n = x.n(), d = x.d(), original = values_of(x, context)](RandomStream random) {
    auto values = std::make_shared<std::vector<double>>(n * d);
    for (std::size_t j = 0; j < d; ++j) {
      const std::vector<std::size_t> from = random.permutation(n);
      for (std::size_t i = 0; i < n; ++i) (*values)[i * d + j] = original[from[i] * d + j];
    }
    return owned(std::move(values), n, d);
  };
}

bool order_one(const Estimate& e) {
  return std::all_of(e.options.begin(), e.options.end(), [](const auto& option) {
    const auto& [name, value] = option;
    if (name == "order") return value == OptionValue(1.0);
    if (name == "kernel") return value == OptionValue(std::string("linear")) || value == OptionValue(std::string("cosine"));
    if (name == "normalizer" || name == "method") return value == OptionValue(std::string(name == "method" ? "exact" : "none"));
    return name != "center" || value == OptionValue(false);
  });
}

}  // namespace

double page_entropy(std::size_t n, std::size_t d) {
  const auto m = static_cast<double>(std::min(n, d)), most = static_cast<double>(std::max(n, d));
  return std::log(m) - m / (2 * most);
}

void add_baseline(Estimate& e, const EstimatorInfo& info, const Inputs& inputs, const OptionMap& given, const BaselineOptions& options,
                  const Context& context) {
  if (options.baseline == Baseline::none) return;
  const std::string word = options.baseline == Baseline::gaussian ? "gaussian" : "shuffled", what = "baseline = '" + word + "'";
  if (inputs.samples.empty() || takes_kernel_matrices(info, e))
    throw InvalidArgument(what + " draws samples in place of x, and here there are no samples: x is " +
                          (inputs.samples.empty() ? "not taken" : "a kernel matrix"));
  if (!std::isfinite(e.value)) return;

  std::vector<Draw> draws;
  double bytes = working_bytes(info, inputs, given);
  for (const SampleMatrix& x : inputs.samples) {
    draws.push_back(options.baseline == Baseline::gaussian ? gaussian(x, context) : shuffled(x, context));
    bytes += static_cast<double>(x.n() * x.d() * sizeof(double));
  }
  const OptionMap own = replicate_options(info, given);
  std::vector<double> values(options.draws);
  for_each_replicate(options.draws, bytes, "baseline", context, [&](std::size_t r, const Context& inner) {
    naming_replicate(info.card, what + ", draw " + std::to_string(r + 1), [&] {
      Inputs noise = inputs;
      for (std::size_t s = 0; s < draws.size(); ++s) noise.samples[s] = draws[s](RandomStream(options.seed, baseline_stream(r, s)));
      values[r] = info.run(noise, own, inner).value;
    });
  });

  e.seed = options.seed;
  e.diagnostics.set("baseline_method", word);
  e.diagnostics.set("baseline_draws", static_cast<std::int64_t>(options.draws));
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
    e.flag(Status::out_of_valid_range, what + ": a draw has no finite value, so there is no baseline");
    return;
  }
  const auto count = static_cast<double>(values.size());
  const double mean = sum(values) / count;
  Sum squares;
  for (const double v : values) squares.add((v - mean) * (v - mean));
  e.diagnostics.set("baseline_mean", mean);
  e.diagnostics.set("baseline_std_error", std::sqrt(squares.value() / (count - 1) / count));
  e.diagnostics.set("baseline_excess", e.value - mean);
  if (e.cap && std::isfinite(*e.cap)) {
    e.diagnostics.set("baseline_room", *e.cap - mean);
    if (*e.cap > mean) e.diagnostics.set("baseline_score", (e.value - mean) / (*e.cap - mean));
  }
  if (options.baseline == Baseline::gaussian && info.card.linear_entropy && e.compat.empty() && order_one(e))
    e.diagnostics.set("baseline_page", page_entropy(e.n, e.d) * nats_to(e.unit));
}

}  // namespace entrospect
