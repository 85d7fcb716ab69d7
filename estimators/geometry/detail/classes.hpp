#pragma once
// Rows by their labels: what the quantities of classes, groups and views share.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/labels.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"

namespace entrospect::detail {

struct GroupedRows {
  PreparedRows rows;
  Labels::Classes classes;  // of the rows that are left, ascending
  [[nodiscard]] std::size_t count() const { return classes.rows.size(); }
  [[nodiscard]] std::string text() const;  // "Z = x; 3 classes of 4 to 7 rows"
};

// Throws naming the class that has fewer than `least` rows, and when there is one class only. Writes `classes`, `smallest_class` and
// `largest_class` to the diagnostics.
GroupedRows grouped_rows(const Inputs& inputs, const RowPlan& plan, std::size_t least, Estimate& e, const Context& context);

// Of the classes' means, every class counts once whatever its size.
struct ClassMoments {
  std::size_t classes = 0, n = 0, d = 0;
  std::vector<double> means;      // classes x d
  std::vector<double> between;    // classes x d: means less their own mean
  std::vector<double> residuals;  // n x d, class by class: rows less the mean of their class
  std::vector<std::size_t> of;    // the class of each row of `residuals`
  std::vector<double> sizes;      // rows of each class
  bool separated = false;         // the means differ by more than round-off of the rows

  [[nodiscard]] std::span<const double> residual(std::size_t i) const { return std::span(residuals).subspan(i * d, d); }
  [[nodiscard]] std::span<const double> center(std::size_t c) const { return std::span(between).subspan(c * d, d); }
};
ClassMoments class_moments(const GroupedRows& grouped, const Context& context);

// Of a quantity that holds the rows and a d x d matrix with its factors.
Footprint class_footprint(std::size_t n, std::size_t d);

}  // namespace entrospect::detail
