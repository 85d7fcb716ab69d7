#include "entrospect/spectral/whitening.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <limits>
#include <type_traits>

namespace entrospect {
namespace {

using Matrix = Eigen::MatrixXd;
constexpr double kEps = std::numeric_limits<double>::epsilon();

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

Eigen::Map<const Matrix> matrix_of(const SymmetricMatrix<double>& s) { return {s.data(), index(s.n()), index(s.n())}; }

// Rows in memory are columns to Eigen.
template <class T>
auto columns_of(std::span<T> rows, std::size_t length) {
  using Columns = std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>;
  return Eigen::Map<Columns>(rows.data(), index(length), index(rows.size() / length));
}

}  // namespace

bool whiten_rows(const SymmetricMatrix<double>& s, Root root, std::span<double> rows) {
  auto columns = columns_of(rows, s.n());
  const double roundoff = static_cast<double>(s.n()) * kEps;
  if (root == Root::symmetric) {
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(matrix_of(s));
    const Eigen::VectorXd& lam = solver.eigenvalues();
    if (solver.info() != Eigen::Success || !(lam[0] > roundoff * lam[lam.size() - 1])) return false;
    columns = (solver.operatorInverseSqrt() * columns).eval();
    return true;
  }
  const Eigen::LLT<Matrix> cholesky(matrix_of(s));
  if (cholesky.info() != Eigen::Success) return false;
  const Eigen::VectorXd pivots = cholesky.matrixLLT().diagonal().cwiseAbs2();
  if (!(pivots.minCoeff() > roundoff * pivots.maxCoeff())) return false;
  cholesky.matrixL().solveInPlace(columns);
  return true;
}

bool pseudo_solve_rows(const SymmetricMatrix<double>& s, double tolerance, std::span<double> rows) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(matrix_of(s));
  if (solver.info() != Eigen::Success) return false;
  const Eigen::VectorXd& lam = solver.eigenvalues();
  const double cut = tolerance * lam[lam.size() - 1];
  const Eigen::VectorXd inverse = lam.unaryExpr([cut](double v) { return v > cut ? 1 / v : 0.0; });
  auto columns = columns_of(rows, s.n());
  const Matrix coordinates = inverse.asDiagonal() * (solver.eigenvectors().transpose() * columns);
  columns = solver.eigenvectors() * coordinates;
  return true;
}

WhitenedAxes whitened_axes(std::span<const double> rows, std::size_t d) {
  const auto columns = columns_of(rows, d);
  const Eigen::BDCSVD<Matrix> svd(columns, Eigen::ComputeThinU);
  const Eigen::VectorXd& s = svd.singularValues();
  const double cut = s[0] * kEps * static_cast<double>(std::max(d, rows.size() / d));
  WhitenedAxes out;
  while (out.rank < static_cast<std::size_t>(s.size()) && s[index(out.rank)] > cut) ++out.rank;
  out.axes.resize(out.rank * d);
  columns_of(std::span(out.axes), d) = svd.matrixU().leftCols(index(out.rank)) * s.head(index(out.rank)).cwiseInverse().asDiagonal();
  return out;
}

}  // namespace entrospect
