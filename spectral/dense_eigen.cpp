#include <Eigen/Eigenvalues>

#include "entrospect/spectral/dense.hpp"

namespace entrospect::detail {

template <class T>
bool eigen_eigenvalues(T* a, std::size_t n, T* values) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  const auto order = static_cast<Eigen::Index>(n);
  // Row-major lower = column-major upper; the matrix is stored in full, so either reading is right.
  const Eigen::Map<Matrix> matrix(a, order, order);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(matrix, Eigen::EigenvaluesOnly);
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>(values, order) = solver.eigenvalues();
  return solver.info() == Eigen::Success;
}

template bool eigen_eigenvalues(double*, std::size_t, double*);
template bool eigen_eigenvalues(float*, std::size_t, float*);

}  // namespace entrospect::detail
