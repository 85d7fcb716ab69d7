#include "entrospect/estimators/geometry/detail/classes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect::detail {
namespace {

std::pair<std::size_t, std::size_t> sizes_of(const Labels::Classes& classes) {
  const auto smaller = [](const auto& a, const auto& b) { return a.size() < b.size(); };
  const auto [low, high] = std::minmax_element(classes.rows.begin(), classes.rows.end(), smaller);
  return {low->size(), high->size()};
}

// The mean of rows about their first one, so that a large offset costs no accuracy.
void subtract_mean(std::vector<double>& values, std::size_t first, std::size_t rows, std::size_t d, double* mean) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first * d);
  const std::vector<double> origin(begin, begin + static_cast<std::ptrdiff_t>(d));
  std::vector<double> shift(d, 0.0);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < d; ++j) shift[j] += (values[(first + i) * d + j] -= origin[j]);
  for (std::size_t j = 0; j < d; ++j) {
    shift[j] /= static_cast<double>(rows);
    mean[j] = origin[j] + shift[j];
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < d; ++j) values[(first + i) * d + j] -= shift[j];
}

}  // namespace

std::string GroupedRows::text() const {
  const auto [low, high] = sizes_of(classes);
  return rows_text(rows.x) + "; " + std::to_string(count()) + " classes of " +
         (low == high ? std::to_string(low) : std::to_string(low) + " to " + std::to_string(high)) + " rows";
}

GroupedRows grouped_rows(const Inputs& inputs, const RowPlan& plan, std::size_t least, Estimate& e, const Context& context) {
  GroupedRows out{prepare_rows(inputs.samples.front(), plan, e, context), {}};
  out.classes = (out.rows.kept.empty() ? *inputs.labels : inputs.labels->select(out.rows.kept)).classes();
  for (std::size_t c = 0; c < out.count(); ++c)
    if (const std::size_t rows = out.classes.rows[c].size(); rows < least)
      throw InvalidArgument(e.estimator + ": class '" + out.classes.names[c] + "' has " + std::to_string(rows) +
                            " row; every class needs at least " + std::to_string(least) + ": drop its rows or merge it with another class");
  if (out.count() < 2)
    throw InvalidArgument(e.estimator + ": labels have one class, '" + out.classes.names.front() +
                          "'; at least 2 are needed to compare them");
  const auto [low, high] = sizes_of(out.classes);
  e.diagnostics.set("classes", static_cast<std::int64_t>(out.count()));
  e.diagnostics.set("smallest_class", static_cast<std::int64_t>(low));
  e.diagnostics.set("largest_class", static_cast<std::int64_t>(high));
  return out;
}

ClassMoments class_moments(const GroupedRows& grouped, const Context& context) {
  ClassMoments m;
  m.classes = grouped.count();
  m.n = grouped.rows.x.n();
  m.d = grouped.rows.x.d();
  m.means.resize(m.classes * m.d);
  m.residuals.resize(m.n * m.d);
  std::vector<std::size_t> first(m.classes, 0);
  for (std::size_t c = 0; c < m.classes; ++c) {
    const std::size_t rows = grouped.classes.rows[c].size();
    m.sizes.push_back(static_cast<double>(rows));
    m.of.insert(m.of.end(), rows, c);
    if (c + 1 < m.classes) first[c + 1] = first[c] + rows;
  }
  const RowLoader loader(grouped.rows.x, context);
  double largest = 0;
  std::vector<double> bounds(m.classes, 0.0);
  parallel_for(context, m.classes, [&](std::size_t c) {
    const auto& rows = grouped.classes.rows[c];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double* row = m.residuals.data() + (first[c] + i) * m.d;
      loader.load(rows[i], 1, row, m.d);
      for (std::size_t j = 0; j < m.d; ++j) bounds[c] = std::max(bounds[c], std::abs(row[j]));
    }
    subtract_mean(m.residuals, first[c], rows.size(), m.d, m.means.data() + c * m.d);
  });
  for (const double bound : bounds) largest = std::max(largest, bound);
  m.between = m.means;
  std::vector<double> grand(m.d);
  subtract_mean(m.between, 0, m.classes, m.d, grand.data());
  const double roundoff = 8 * std::numeric_limits<double>::epsilon() * largest;
  m.separated = std::any_of(m.between.begin(), m.between.end(), [&](double v) { return std::abs(v) > roundoff; });
  return m;
}

Footprint class_footprint(std::size_t n, std::size_t d) {
  const auto rows = static_cast<double>(n), features = static_cast<double>(d);
  return {false, 16 * rows * features + 24 * features * features};
}

}  // namespace entrospect::detail
