#include "entrospect/spectral/operator.hpp"

#include <Eigen/Core>
#include <algorithm>
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

void DenseOperator::apply(const double* in, double* out, std::size_t columns, const Context& context) const {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  constexpr std::size_t kRows = 256;
  const std::size_t n = size();
  const auto order = static_cast<Eigen::Index>(n), width = static_cast<Eigen::Index>(columns);
  const Eigen::Map<const Matrix> a(matrix_.data(), order, order), v(in, order, width);
  Eigen::Map<Matrix> result(out, order, width);
  parallel_for(context, (n + kRows - 1) / kRows, [&](std::size_t block) {
    const auto first = static_cast<Eigen::Index>(block * kRows);
    const auto rows = std::min(static_cast<Eigen::Index>(kRows), order - first);
    result.middleRows(first, rows).noalias() = a.middleRows(first, rows) * v;
  });
}

SymmetricMatrix<double> DenseOperator::dense(const Context&) const { return matrix_.copy(); }

}  // namespace entrospect
