#include "entrospect/spectral/row_gradient.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/row_tiles.hpp"

namespace entrospect::detail {
namespace {

double dot(const double* a, const double* b, std::size_t d) {
  double sum = 0;
  for (std::size_t j = 0; j < d; ++j) sum += a[j] * b[j];
  return sum;
}

// The mean row is subtracted: what centering the samples does to their gradient.
void subtract_mean(Rows& g) {
  std::vector<double> mean(g.d);
  for (std::size_t i = 0; i < g.n; ++i)
    for (std::size_t j = 0; j < g.d; ++j) mean[j] += g.row(i)[j];
  for (double& m : mean) m /= static_cast<double>(g.n);
  for (std::size_t i = 0; i < g.n; ++i)
    for (std::size_t j = 0; j < g.d; ++j) g.row(i)[j] -= mean[j];
}

// z = (x - mean) / s, s^2 = sum (x - mean)^2 / (n - 1). A constant column is 0 whatever its value, and jumps when it changes.
std::string through_standardizing(Rows& g, const SampleMatrix& x, const Rows& z, const Context& context) {
  const Rows y = load_rows(x.plain().centered(), context);
  const auto degrees = static_cast<double>(g.n - 1);
  std::vector<double> squares(g.d), along(g.d);
  for (std::size_t i = 0; i < g.n; ++i)
    for (std::size_t j = 0; j < g.d; ++j) {
      squares[j] += y.row(i)[j] * y.row(i)[j];
      along[j] += g.row(i)[j] * z.row(i)[j];
    }
  subtract_mean(g);
  std::size_t constant = 0;
  for (std::size_t j = 0; j < g.d; ++j) {
    const double deviation = std::sqrt(squares[j] / degrees);
    if (deviation == 0) ++constant;
    for (std::size_t i = 0; i < g.n; ++i) g.row(i)[j] = deviation > 0 ? (g.row(i)[j] - z.row(i)[j] * along[j] / degrees) / deviation : 0.0;
  }
  return constant == 0 ? "" : std::to_string(constant) + " constant columns cannot be standardized in a neighborhood of their value";
}

}  // namespace

Rows load_rows(const SampleMatrix& x, const Context& context) {
  Rows out{x.n(), x.d(), std::vector<double>(x.n() * x.d())};
  for_each_tile(RowLoader(x, context), context, [&](const RowTile& tile) {
    for (std::size_t i = 0; i < tile.count; ++i) std::copy_n(tile.row(i), out.d, out.row(tile.first + i));
  });
  return out;
}

std::vector<double> lengths(const Rows& rows) {
  std::vector<double> out(rows.n);
  for (std::size_t i = 0; i < rows.n; ++i) {
    const double* row = rows.row(i);
    double largest = 0, squares = 0;
    for (std::size_t j = 0; j < rows.d; ++j) largest = std::max(largest, std::abs(row[j]));
    for (std::size_t j = 0; j < rows.d && largest > 0; ++j) squares += (row[j] / largest) * (row[j] / largest);
    out[i] = largest * std::sqrt(squares);
  }
  return out;
}

void make_unit(Rows& rows, std::span<const double> lengths) {
  for (std::size_t i = 0; i < rows.n; ++i)
    for (std::size_t j = 0; j < rows.d && lengths[i] > 0; ++j) rows.row(i)[j] /= lengths[i];
}

void through_unit_rows(Rows& g, const Rows& u, std::span<const double> lengths) {
  for (std::size_t i = 0; i < g.n; ++i) {
    const double along = dot(g.row(i), u.row(i), g.d);
    for (std::size_t j = 0; j < g.d; ++j) g.row(i)[j] = lengths[i] > 0 ? (g.row(i)[j] - u.row(i)[j] * along) / lengths[i] : 0.0;
  }
}

std::string through_view(Rows& g, const SampleMatrix& x, const Rows& z, const Context& context) {
  if (x.normalization() == Normalize::standardize) return through_standardizing(g, x, z, context);
  if (x.normalization() == Normalize::l2) through_unit_rows(g, z, lengths(load_rows(x.normalized(Normalize::none), context)));
  if (x.is_centered()) subtract_mean(g);
  return "";
}

}  // namespace entrospect::detail
