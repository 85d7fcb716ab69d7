#include "entrospect/estimators/answers/detail/similarity.hpp"

#include <cmath>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/row_tiles.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect::detail {
namespace {

// Embeddings of as many answers as features are never symmetric with one number on the diagonal; a matrix of similarities is.
bool looks_like_a_matrix(const SampleMatrix& x, const Context& context) {
  const std::size_t n = x.n();
  if (x.d() != n || n < 3) return false;
  std::vector<double> values(n * n);
  RowLoader(x.plain(), context).load(0, n, values.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    if (values[i * n + i] != values[0]) return false;
    for (std::size_t j = 0; j < i; ++j)
      if (values[i * n + j] != values[j * n + i]) return false;
  }
  return true;
}

}  // namespace

PreparedRows prepare_answers(const SampleMatrix& x, KernelKind kind, ZeroRows zero_rows, Estimate& e, const Context& context) {
  RowPlan plan;
  if (kind == KernelKind::precomputed) return prepare_kernel_matrix(x, plan, e, context);
  plan.zero_rows = zero_rows;
  plan.directions = kind == KernelKind::cosine;
  plan.two_rows_suffice = true;
  PreparedRows rows = prepare_rows(x, plan, e, context);
  if (looks_like_a_matrix(x, context))
    e.warnings.push_back(
        "x is square and symmetric with equal numbers on its diagonal, and was taken as embeddings, one answer per row; "
        "if it holds the similarities themselves, say kernel = 'precomputed'");
  return rows;
}

void require_nonnegative(const SampleMatrix& s, const Context& context) {
  struct Least {
    double value = 0;
    std::size_t row = 0, column = 0;
  };
  std::vector<Least> blocks(row_blocks(s.n(), s.d()).count);
  for_each_tile(RowLoader(s, context), context, [&](const RowTile& tile) {
    Least& least = blocks[tile.block];
    for (std::size_t i = 0; i < tile.count; ++i)
      for (std::size_t j = 0; j < s.d(); ++j)
        if (tile.row(i)[j] < least.value) least = {tile.row(i)[j], tile.first + i, j};
  });
  Least least;
  for (const Least& block : blocks)
    if (block.value < least.value) least = block;
  if (least.value < 0)
    throw InvalidArgument("the similarity (" + std::to_string(least.row) + ", " + std::to_string(least.column) +
                          ") = " + shown(least.value) +
                          " is negative; they are weights of a graph and must be in [0, inf): of cosines take max(S, 0) or (1 + S) / 2");
}

SymmetricMatrix<double> similarities(const PreparedRows& rows, const Kernel& kernel, Estimate& e, const Context& context) {
  if (kernel.kind == KernelKind::precomputed) return precomputed_matrix(rows.x, 1e-10, context);
  const double sigma = resolve_bandwidth(rows.x, kernel, 0, e.diagnostics, context);
  return gram_matrix<double>(rows.x, on_prepared(rows, kernel), sigma, context);
}

}  // namespace entrospect::detail
