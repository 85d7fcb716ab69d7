#pragma once
// A symmetric matrix of which few entries are not zero.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/operator.hpp"

namespace entrospect {

// Compressed rows: entries [starts[i], starts[i + 1]) are those of row i, columns ascending. Both halves are stored.
struct SparseMatrix {
  std::size_t n = 0;
  std::vector<std::size_t> starts;
  std::vector<std::uint32_t> columns;
  std::vector<double> values;
};

// Products, trace and squares in O(entries); nothing of order n^2 is kept.
class SparseOperator final : public SymmetricOperator {
 public:
  // Throws InvalidArgument unless the rows are well formed and the matrix is exactly symmetric.
  explicit SparseOperator(SparseMatrix matrix);
  [[nodiscard]] std::size_t size() const override { return matrix_.n; }
  void apply(const double* in, double* out, std::size_t columns, const Context& context) const override;
  [[nodiscard]] std::optional<double> trace() const override;
  [[nodiscard]] std::optional<double> frobenius2() const override;
  [[nodiscard]] SymmetricMatrix<double> dense(const Context& context) const override;
  [[nodiscard]] const SparseMatrix& matrix() const { return matrix_; }

 private:
  SparseMatrix matrix_;
};

}  // namespace entrospect
