#include "entrospect/spectral/sparse_operator.hpp"

#include <algorithm>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/spectral/each_row.hpp"

namespace entrospect {
namespace {

// The stored value at (i, j), or nothing.
std::optional<double> entry(const SparseMatrix& a, std::size_t i, std::size_t j) {
  const auto first = a.columns.begin() + static_cast<std::ptrdiff_t>(a.starts[i]);
  const auto last = a.columns.begin() + static_cast<std::ptrdiff_t>(a.starts[i + 1]);
  const auto found = std::lower_bound(first, last, j);
  if (found == last || *found != j) return std::nullopt;
  return a.values[static_cast<std::size_t>(found - a.columns.begin())];
}

void check_rows(const SparseMatrix& a) {
  const auto refuse = [](const std::string& what) { throw InvalidArgument("sparse matrix: " + what); };
  if (a.starts.size() != a.n + 1 || a.starts.front() != 0 || a.starts.back() != a.columns.size() || a.columns.size() != a.values.size())
    refuse("starts must have n + 1 = " + std::to_string(a.n + 1) + " entries from 0 to the number of columns and values");
  for (std::size_t i = 0; i < a.n; ++i) {
    if (a.starts[i] > a.starts[i + 1] || a.starts[i + 1] > a.columns.size()) refuse("starts fall at row " + std::to_string(i));
    for (std::size_t e = a.starts[i]; e < a.starts[i + 1]; ++e)
      if (a.columns[e] >= a.n || (e > a.starts[i] && a.columns[e] <= a.columns[e - 1]))
        refuse("the columns of row " + std::to_string(i) + " must ascend and be in [0, n - 1]");
  }
}

}  // namespace

SparseOperator::SparseOperator(SparseMatrix matrix) : matrix_(std::move(matrix)) {
  check_rows(matrix_);
  for (std::size_t i = 0; i < matrix_.n; ++i)
    for (std::size_t e = matrix_.starts[i]; e < matrix_.starts[i + 1]; ++e) {
      const std::size_t j = matrix_.columns[e];
      const auto mirrored = entry(matrix_, j, i);
      if (mirrored != matrix_.values[e])
        throw InvalidArgument("sparse matrix: entry (" + std::to_string(i) + ", " + std::to_string(j) +
                              ") = " + to_text(OptionValue(matrix_.values[e])) + " is not that of (" + std::to_string(j) + ", " +
                              std::to_string(i) + "), which is " + (mirrored ? to_text(OptionValue(*mirrored)) : "0"));
    }
}

void SparseOperator::apply(const double* in, double* out, std::size_t columns, const Context& context) const {
  detail::for_each_row(matrix_.n, context, [&](std::size_t i) {
    double* const to = out + i * columns;
    std::fill(to, to + columns, 0.0);
    for (std::size_t e = matrix_.starts[i]; e < matrix_.starts[i + 1]; ++e) {
      const double* const from = in + matrix_.columns[e] * columns;
      for (std::size_t c = 0; c < columns; ++c) to[c] += matrix_.values[e] * from[c];
    }
  });
}

std::optional<double> SparseOperator::trace() const {
  Sum out;
  for (std::size_t i = 0; i < matrix_.n; ++i) out.add(entry(matrix_, i, i).value_or(0));
  return out.value();
}

std::optional<double> SparseOperator::frobenius2() const {
  Sum out;
  for (const double v : matrix_.values) out.add(v * v);
  return out.value();
}

SymmetricMatrix<double> SparseOperator::dense(const Context& context) const {
  SymmetricMatrix<double> out(matrix_.n);
  detail::for_each_row(matrix_.n, context, [&](std::size_t i) {
    double* const row = out.data() + i * matrix_.n;
    std::fill(row, row + matrix_.n, 0.0);
    for (std::size_t e = matrix_.starts[i]; e < matrix_.starts[i + 1]; ++e) row[matrix_.columns[e]] = matrix_.values[e];
  });
  return out;
}

}  // namespace entrospect
