#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {

template <class T>
SymmetricMatrix<double> scatter_matrix(const SampleMatrix& x, std::span<const double> row_weights, const Context& context) {
  using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  constexpr std::size_t kRows = 1024;
  const std::size_t n = x.n(), d = x.d();
  if (!row_weights.empty() && row_weights.size() != n)
    throw InvalidArgument("row_weights has " + std::to_string(row_weights.size()) + " entries for " + std::to_string(n) + " rows");
  const RowLoader loader(x, context);
  SymmetricMatrix<double> out(d);
  Eigen::Map<Eigen::MatrixXd> c(out.data(), static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(d));
  c.setZero();
  Rows rows(static_cast<Eigen::Index>(std::min(n, kRows)), static_cast<Eigen::Index>(d));
  for (std::size_t first = 0; first < n; first += kRows) {
    check_cancelled(context);
    const auto count = static_cast<Eigen::Index>(std::min(kRows, n - first));
    loader.load(first, static_cast<std::size_t>(count), rows.data(), d);
    for (Eigen::Index i = 0; i < count && !row_weights.empty(); ++i)
      rows.row(i) *= static_cast<T>(std::sqrt(row_weights[first + static_cast<std::size_t>(i)]));
    c += (rows.topRows(count).transpose() * rows.topRows(count)).template cast<double>();
  }
  return out;
}

template SymmetricMatrix<double> scatter_matrix<double>(const SampleMatrix&, std::span<const double>, const Context&);
template SymmetricMatrix<double> scatter_matrix<float>(const SampleMatrix&, std::span<const double>, const Context&);

}  // namespace entrospect
