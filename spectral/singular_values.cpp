#include "entrospect/spectral/singular_values.hpp"

#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect {
namespace {

using Matrix = Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Below this order a factorization takes a few milliseconds and need not be abandoned.
constexpr std::size_t kAbandonableFrom = 256;

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

// `work` must own what it touches.
template <class Work>
void run(const Context& context, std::size_t order, Work work) {
  if (order < kAbandonableFrom)
    work();
  else
    run_abandonable(context, work);
}

// The R of a, with min(a.rows(), a.cols()) rows.
Matrix reduced(Matrix a, const Context& context) {
  const auto owned = std::make_shared<Matrix>(std::move(a));
  run(context, static_cast<std::size_t>(owned->cols()), [owned] { Eigen::HouseholderQR<Eigen::Ref<Matrix>> in_place(*owned); });
  return owned->topRows(std::min(owned->rows(), owned->cols())).triangularView<Eigen::Upper>();
}

Matrix loaded(const RowLoader& loader, std::size_t first, std::size_t count) {
  RowMajor rows(index(count), index(loader.d()));
  loader.load(first, count, rows.data(), loader.d());
  return rows;
}

// Blocks are stacked below the factor of the rows before them. Their size depends on d only, so the bits depend on the shape only.
Matrix factor_of_rows(const RowLoader& loader, const Context& context) {
  const std::size_t n = loader.n(), d = loader.d(), block = std::max<std::size_t>(d, 256);
  Matrix r(0, index(d));
  for (std::size_t first = 0; first < n; first += block) {
    check_cancelled(context);
    const std::size_t count = std::min(block, n - first);
    Matrix stack(r.rows() + index(count), index(d));
    stack.topRows(r.rows()) = r;
    stack.bottomRows(index(count)) = loaded(loader, first, count);
    r = reduced(std::move(stack), context);
  }
  return r;
}

TriangularFactor factor(const SampleMatrix& x, const Context& context) {
  const RowLoader loader(x, context);
  const std::size_t m = std::min(x.n(), x.d());
  const Matrix r = x.n() >= x.d() ? factor_of_rows(loader, context) : reduced(loaded(loader, 0, x.n()).transpose(), context);
  return {m, std::vector<double>(r.data(), r.data() + m * m)};
}

std::vector<double> values_of(const TriangularFactor& r, const Context& context) {
  const auto result = std::make_shared<Eigen::VectorXd>();
  run(context, r.order, [result, order = index(r.order), owned = std::make_shared<const std::vector<double>>(r.values)] {
    *result = Eigen::BDCSVD<Matrix>(Eigen::Map<const Matrix>(owned->data(), order, order)).singularValues();
  });
  return {result->data(), result->data() + result->size()};
}

}  // namespace

double singular_tolerance(const SampleMatrix& x) {
  return static_cast<double>(std::max(x.n(), x.d())) * std::numeric_limits<double>::epsilon();
}

std::shared_ptr<const TriangularFactor> triangular_factor(const SampleMatrix& x, const Context& context) {
  const auto compute = [&] { return factor(x, context); };
  if (context.memo == nullptr) return std::make_shared<const TriangularFactor>(compute());
  return context.memo->get_or_compute<TriangularFactor>("triangular factor|" + x.identity(), compute);
}

std::shared_ptr<const std::vector<double>> singular_values(const SampleMatrix& x, const Context& context) {
  const auto compute = [&] { return values_of(*triangular_factor(x, context), context); };
  if (context.memo == nullptr) return std::make_shared<const std::vector<double>>(compute());
  return context.memo->get_or_compute<std::vector<double>>("singular values|" + x.identity(), compute);
}

}  // namespace entrospect
