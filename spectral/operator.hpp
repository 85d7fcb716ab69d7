#pragma once
// The interface between matrices and eigen-solvers. A complete operator of your own:
//
//   class Diagonal final : public SymmetricOperator {
//    public:
//     explicit Diagonal(std::vector<double> d) : d_(std::move(d)) {}
//     std::size_t size() const override { return d_.size(); }
//     void apply(const double* in, double* out, std::size_t columns, const Context&) const override {
//       for (std::size_t i = 0; i < d_.size(); ++i)
//         for (std::size_t j = 0; j < columns; ++j) out[i * columns + j] = d_[i] * in[i * columns + j];
//     }
//    private:
//     std::vector<double> d_;
//   };

#include <cstddef>
#include <optional>
#include <utility>

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

class SymmetricOperator {
 public:
  virtual ~SymmetricOperator() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  // out = A in for a block of `columns` vectors; both are size() x columns, row-major. Thread-safe; one vector is columns = 1.
  virtual void apply(const double* in, double* out, std::size_t columns, const Context& context) const = 0;
  // Exact values where they are cheap.
  [[nodiscard]] virtual std::optional<double> trace() const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<double> frobenius2() const { return std::nullopt; }
  // The matrix itself, for dense solvers. The default applies the operator to blocks of unit vectors.
  [[nodiscard]] virtual SymmetricMatrix<double> dense(const Context& context) const;
};

// A stored matrix; products accumulate in float64 whatever its type.
template <class T>
class MatrixOperator final : public SymmetricOperator {
 public:
  explicit MatrixOperator(SymmetricMatrix<T> matrix) : matrix_(std::move(matrix)) {}
  [[nodiscard]] std::size_t size() const override { return matrix_.n(); }
  void apply(const double* in, double* out, std::size_t columns, const Context& context) const override;
  [[nodiscard]] std::optional<double> trace() const override { return matrix_.trace(); }
  [[nodiscard]] std::optional<double> frobenius2() const override { return matrix_.frobenius2(); }
  [[nodiscard]] SymmetricMatrix<double> dense(const Context& context) const override;
  SymmetricMatrix<T> release() && { return std::move(matrix_); }

 private:
  SymmetricMatrix<T> matrix_;
};
extern template class MatrixOperator<double>;
extern template class MatrixOperator<float>;
using DenseOperator = MatrixOperator<double>;

}  // namespace entrospect
