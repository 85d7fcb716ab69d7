#include "entrospect/spectral/gemm.hpp"

#include <Eigen/Core>

#include "entrospect/spectral/lapack.hpp"

namespace entrospect::detail {

#if defined(ENTROSPECT_HAVE_LAPACK)

// Row-major C = A B is column-major C^T = B^T A^T.
void multiply(double alpha, const Block& a, const Block& b, std::size_t rows, std::size_t columns, std::size_t depth, double* c,
              std::size_t ldc) {
  const auto as_int = [](std::size_t value) { return static_cast<int>(value); };
  gemm(b.transposed ? 'T' : 'N', a.transposed ? 'T' : 'N', as_int(columns), as_int(rows), as_int(depth), alpha, b.data, as_int(b.ld),
       a.data, as_int(a.ld), 0.0, c, as_int(ldc));
}

#else

void multiply(double alpha, const Block& a, const Block& b, std::size_t rows, std::size_t columns, std::size_t depth, double* c,
              std::size_t ldc) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Stride = Eigen::OuterStride<>;
  const auto index = [](std::size_t value) { return static_cast<Eigen::Index>(value); };
  const auto view = [&](const Block& x, std::size_t m, std::size_t n) {
    return Eigen::Map<const Matrix, 0, Stride>(x.data, index(x.transposed ? n : m), index(x.transposed ? m : n), Stride(index(x.ld)));
  };
  const auto left = view(a, rows, depth), right = view(b, depth, columns);
  Eigen::Map<Matrix, 0, Stride> result(c, index(rows), index(columns), Stride(index(ldc)));
  if (a.transposed && b.transposed)
    result.noalias() = alpha * left.transpose() * right.transpose();
  else if (a.transposed)
    result.noalias() = alpha * left.transpose() * right;
  else if (b.transposed)
    result.noalias() = alpha * left * right.transpose();
  else
    result.noalias() = alpha * left * right;
}

#endif

}  // namespace entrospect::detail
