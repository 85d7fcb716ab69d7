#include "entrospect/estimators/spectral_entropy/binned_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_paper.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;

struct Extremes {
  std::vector<double> low, high;
};

Extremes extremes(const RowLoader& loader) {
  std::vector<double> row(loader.d());
  loader.load(0, 1, row.data(), row.size());
  Extremes out{row, row};
  for (std::size_t i = 1; i < loader.n(); ++i) {
    loader.load(i, 1, row.data(), row.size());
    for (std::size_t j = 0; j < row.size(); ++j) {
      out.low[j] = std::min(out.low[j], row[j]);
      out.high[j] = std::max(out.high[j], row[j]);
    }
  }
  for (std::size_t j = 0; j < row.size(); ++j)
    if (!(out.high[j] > out.low[j]))
      throw InvalidArgument("feature " + std::to_string(j) + " is constant (" + shown(out.low[j]) +
                            "): it has no range to cut into bins; leave it out");
  return out;
}

// n x d words, row-major.
std::vector<std::uint16_t> words_of(const RowLoader& loader, std::size_t bins) {
  const Extremes range = extremes(loader);
  const std::size_t n = loader.n(), d = loader.d();
  std::vector<std::uint16_t> out(n * d);
  std::vector<double> row(d);
  for (std::size_t i = 0; i < n; ++i) {
    loader.load(i, 1, row.data(), d);
    for (std::size_t j = 0; j < d; ++j) {
      const double unit = (row[j] - range.low[j]) / (range.high[j] - range.low[j]);
      out[i * d + j] = static_cast<std::uint16_t>(std::min(static_cast<std::size_t>(unit * static_cast<double>(bins)), bins - 1));
    }
  }
  return out;
}

// How many rows share each word.
std::vector<double> counts_of(const std::vector<std::uint16_t>& words, std::size_t n, std::size_t d) {
  const auto word = [&](std::size_t i) { return std::span(words).subspan(i * d, d); };
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::lexicographical_compare(word(a).begin(), word(a).end(), word(b).begin(), word(b).end());
  });
  std::vector<double> counts{1};
  for (std::size_t i = 1; i < n; ++i) {
    if (std::equal(word(order[i]).begin(), word(order[i]).end(), word(order[i - 1]).begin()))
      counts.back() += 1;
    else
      counts.push_back(1);
  }
  return counts;
}

Finding find(const SampleMatrix& x, const ClassicShannonOptions& o, Estimate& e, const Context& context) {
  SampleMatrix rows = prepare_rows(x, {}, e, context).x;
  if (!o.compat.empty() && rows.n() > kDiffusionToolRows) {
    e.diagnostics.set("rows_before_subsampling", static_cast<std::int64_t>(rows.n()));
    e.seed = 0;
    rows = at_most(rows, kDiffusionToolRows, 0);
    e.n = rows.n();
  }
  const std::size_t n = rows.n(), d = rows.d();
  const std::vector<double> counts = counts_of(words_of(RowLoader(rows, context), o.bins), n, d);
  e.backend_requested = e.backend_used = "counts";
  e.diagnostics.set("words", static_cast<std::int64_t>(counts.size()));
  e.diagnostics.set("words_of_one_row", static_cast<std::int64_t>(std::count(counts.begin(), counts.end(), 1.0)));
  if (counts.size() == n && n > 2)
    e.flag(Status::out_of_valid_range, "every row has a word of its own, so the value is ln n whatever the data are; use fewer features");
  const double nats = renyi_entropy(counts, 1);
  const double cap = std::min(std::log(static_cast<double>(n)), static_cast<double>(d) * std::log(static_cast<double>(o.bins)));
  return {nats, cap, o.unit,
          std::to_string(counts.size()) + " words of " + std::to_string(d) + " features in " + std::to_string(o.bins) + " bins; " +
              entropy_steps(1, nats) + unit_step(nats, o.unit)};
}

const Quantity<ClassicShannonOptions>& index() {
  using O = ClassicShannonOptions;
  static const auto index = [] {
    EstimatorCard c;
    c.name = "classic_shannon_entropy";
    c.aliases = {"cse"};
    c.summary = "Shannon entropy of the words that rows become when every feature is cut into equal bins.";
    c.formula = "CSE = -sum p ln p, p = shares of the rows with the same bins in every feature";
    c.unit = "entropy";
    c.range = "[0, min(ln n, d ln bins)]";
    c.cap = "min(ln n, d ln bins)";
    c.cost = "O(n d log n)";
    c.references = {kDiffusionPaper};
    c.conventions = {
        {"equal-width", false, "", {}, {}},
        {"dse-dsmi",
         true,
         "",
         {{"bins", std::int64_t{2}}, {"unit", std::string("bits")}},
         {"more than 10000 rows are cut to a random 10000; the tool's rule, not its draws",
          "not reproduced: a constant feature is 0 / 0 in the tool and an error here"}},
    };
    Quantity<O> out{std::move(c), {}, find};
    out.table.integer(
        "bins", [](O& o) -> std::size_t& { return o.bins; }, {2, 65536, false, false}, "Equal bins between the extremes of a feature");
    fields::add_entropy_unit(out.table);
    fields::add_convention(out.table, out.card);
    out.footprint = [](const O&, std::size_t n, std::size_t d) {
      return Footprint{false, 2 * static_cast<double>(n) * static_cast<double>(d) + 24 * static_cast<double>(n)};
    };
    return out;
  }();
  return index;
}

}  // namespace

Estimate classic_shannon_entropy(const SampleMatrix& x, const ClassicShannonOptions& options, const Context& context) {
  return detail::estimate(index(), x, options, context);
}

const EstimatorInfo& classic_shannon_entropy_info() {
  static const EstimatorInfo info = detail::info_of(index());
  return info;
}

}  // namespace entrospect
