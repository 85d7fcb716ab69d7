#include "entrospect/spectral/symmetrize.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"

namespace entrospect::detail {
namespace {

constexpr std::size_t kBlock = 64;  // both triangles of a block stay in cache

template <class Body>
void for_each_pair(std::size_t n, Body body) {
  for (std::size_t bi = 0; bi < n; bi += kBlock)
    for (std::size_t bj = 0; bj <= bi; bj += kBlock)
      for (std::size_t i = bi; i < std::min(bi + kBlock, n); ++i)
        for (std::size_t j = bj; j < std::min(bj + kBlock, i); ++j) body(i, j);
}

}  // namespace

template <class T>
void check_and_symmetrize(SymmetricMatrix<T>& a, double tolerance, std::string_view what) {
  const std::size_t n = a.n();
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const double value = std::abs(static_cast<double>(a(i, j)));
      if (!std::isfinite(value))
        throw InvalidArgument(std::string(what) + ": entry (" + std::to_string(i) + ", " + std::to_string(j) + ") is " +
                              to_text(OptionValue(static_cast<double>(a(i, j)))) + "; every entry must be finite");
      largest = std::max(largest, value);
    }
  double worst = 0;
  std::size_t row = 0, column = 0;
  for_each_pair(n, [&](std::size_t i, std::size_t j) {
    const double difference = std::abs(static_cast<double>(a(i, j)) - static_cast<double>(a(j, i)));
    if (difference > worst) worst = difference, row = i, column = j;
  });
  if (worst > tolerance * largest)
    throw InvalidArgument(std::string(what) + ": the matrix is not symmetric; entries (" + std::to_string(row) + ", " +
                          std::to_string(column) + ") and its transpose differ by " + to_text(OptionValue(worst)) + ", allowed are " +
                          to_text(OptionValue(tolerance * largest)) + " (" + to_text(OptionValue(tolerance)) +
                          " of the largest absolute entry)");
  for_each_pair(n, [&](std::size_t i, std::size_t j) { a(i, j) = a(j, i) = a(i, j) / 2 + a(j, i) / 2; });
}

template void check_and_symmetrize(SymmetricMatrix<double>&, double, std::string_view);
template void check_and_symmetrize(SymmetricMatrix<float>&, double, std::string_view);

}  // namespace entrospect::detail
