#include "entrospect/spectral/row_gradient.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/each_row.hpp"

namespace entrospect::detail {
namespace {

constexpr std::size_t kRows = 128;  // that a thread takes at a time

std::size_t blocks(std::size_t n) { return (n + kRows - 1) / kRows; }

// Eight running sums, so that no addition waits for the one before it.
double dot(const double* a, const double* b, std::size_t d) {
  std::array<double, 8> lanes{};
  std::size_t j = 0;
  for (; j + 8 <= d; j += 8)
    for (std::size_t l = 0; l < 8; ++l) lanes[l] += a[j + l] * b[j + l];
  for (; j < d; ++j) lanes[0] += a[j] * b[j];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

double length(const double* row, std::size_t d) {
  const double squares = dot(row, row, d);
  if (squares > 1e-280 && squares < 1e300) return std::sqrt(squares);
  double largest = 0, scaled = 0;
  for (std::size_t j = 0; j < d; ++j) largest = std::max(largest, std::abs(row[j]));
  for (std::size_t j = 0; j < d && largest > 0; ++j) scaled += (row[j] / largest) * (row[j] / largest);
  return largest * std::sqrt(scaled);
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

Rows product(double scale, const Block& a, std::size_t n, std::size_t depth, const Block& b, std::size_t d, const Context& context) {
  Rows out{n, d, std::vector<double>(n * d)};
  const BlasThreads one(1);
  parallel_for(context, blocks(n), [&](std::size_t block) {
    const std::size_t first = block * kRows;
    multiply(scale, {a.data + first * a.ld, a.ld}, b, std::min(kRows, n - first), d, depth, out.row(first), d);
  });
  return out;
}

Rows load_rows(const SampleMatrix& x, const Context& context) {
  Rows out{x.n(), x.d(), std::vector<double>(x.n() * x.d())};
  const RowLoader loader(x, context);
  parallel_for(context, blocks(out.n), [&](std::size_t block) {
    const std::size_t first = block * kRows;
    loader.load(first, std::min(kRows, out.n - first), out.row(first), out.d);
  });
  return out;
}

std::vector<double> lengths(const SampleMatrix& x, const Context& context) {
  std::vector<double> out(x.n());
  const RowLoader loader(x, context);
  parallel_for(context, blocks(x.n()), [&](std::size_t block) {
    const std::size_t first = block * kRows, count = std::min(kRows, x.n() - first);
    std::vector<double> rows(count * x.d());
    loader.load(first, count, rows.data(), x.d());
    for (std::size_t i = 0; i < count; ++i) out[first + i] = length(rows.data() + i * x.d(), x.d());
  });
  return out;
}

void make_unit(Rows& rows, std::span<const double> lengths) {
  for (std::size_t i = 0; i < rows.n; ++i)
    for (std::size_t j = 0; j < rows.d && lengths[i] > 0; ++j) rows.row(i)[j] /= lengths[i];
}

void through_unit_rows(Rows& g, const Rows& u, std::span<const double> lengths, const Context& context) {
  for_each_row(g.n, context, [&](std::size_t i) {
    double* const row = g.row(i);
    const double* const unit = u.row(i);
    if (!(lengths[i] > 0)) {
      std::fill_n(row, g.d, 0.0);
      return;
    }
    const double along = dot(row, unit, g.d);
    for (std::size_t j = 0; j < g.d; ++j) row[j] = (row[j] - unit[j] * along) / lengths[i];
  });
}

std::string through_view(Rows& g, const SampleMatrix& x, const Rows& z, const Context& context) {
  if (x.normalization() == Normalize::standardize) return through_standardizing(g, x, z, context);
  if (x.normalization() == Normalize::l2) through_unit_rows(g, z, lengths(x.normalized(Normalize::none), context), context);
  if (x.is_centered()) subtract_mean(g);
  return "";
}

}  // namespace entrospect::detail
