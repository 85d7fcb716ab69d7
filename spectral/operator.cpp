#include "entrospect/spectral/operator.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <type_traits>
#include <vector>

#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/symmetrize.hpp"

namespace entrospect {

SymmetricMatrix<double> SymmetricOperator::dense(const Context& context) const {
  constexpr std::size_t kColumns = 64;
  constexpr double kTolerance = 1e-10;  // an operator that is further from symmetric is not one
  const std::size_t n = size();
  SymmetricMatrix<double> out(n);
  std::vector<double> in(n * kColumns), block(n * kColumns);
  for (std::size_t first = 0; first < n; first += kColumns) {
    check_cancelled(context);
    const std::size_t columns = std::min(kColumns, n - first);
    std::fill(in.begin(), in.end(), 0.0);
    for (std::size_t j = 0; j < columns; ++j) in[(first + j) * columns + j] = 1;
    apply(in.data(), block.data(), columns, context);
    for (std::size_t i = 0; i < n; ++i) std::copy_n(block.data() + i * columns, columns, out.data() + i * n + first);
  }
  detail::check_and_symmetrize(out, kTolerance, "operator", context);
  return out;
}

template <class T>
void MatrixOperator<T>::apply(const double* in, double* out, std::size_t columns, const Context& context) const {
  using Stored = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  constexpr std::size_t kRows = 256;
  const std::size_t n = size();
  const auto order = static_cast<Eigen::Index>(n), width = static_cast<Eigen::Index>(columns);
  const Eigen::Map<const Stored> a(matrix_.data(), order, order);
  const Eigen::Map<const Matrix> v(in, order, width);
  Eigen::Map<Matrix> result(out, order, width);
  parallel_for(context, (n + kRows - 1) / kRows, [&](std::size_t block) {
    const auto first = static_cast<Eigen::Index>(block * kRows);
    const auto rows = std::min(static_cast<Eigen::Index>(kRows), order - first);
    result.middleRows(first, rows).noalias() = a.middleRows(first, rows).template cast<double>() * v;
  });
}

template <class T>
SymmetricMatrix<double> MatrixOperator<T>::dense(const Context&) const {
  if constexpr (std::is_same_v<T, double>) {
    return matrix_.copy();
  } else {
    SymmetricMatrix<double> out(matrix_.n());
    std::copy_n(matrix_.data(), matrix_.n() * matrix_.n(), out.data());
    return out;
  }
}

template class MatrixOperator<double>;
template class MatrixOperator<float>;

}  // namespace entrospect
