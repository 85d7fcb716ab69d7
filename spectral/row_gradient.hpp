#pragma once
// Rows of samples and the way back through what was done to them. Private to spectral/.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/gemm.hpp"

namespace entrospect::detail {

// A row-major n x d matrix.
struct Rows {
  std::size_t n = 0, d = 0;
  std::vector<double> values;
  [[nodiscard]] double* row(std::size_t i) { return values.data() + i * d; }
  [[nodiscard]] const double* row(std::size_t i) const { return values.data() + i * d; }
};

// `scale` A B, A n x depth, B depth x d: tiles of rows side by side.
Rows product(double scale, const Block& a, std::size_t n, std::size_t depth, const Block& b, std::size_t d, const Context& context);

// The view's rows with every deferred operation applied.
Rows load_rows(const SampleMatrix& x, const Context& context);

// Lengths of the view's rows, safe from overflow and underflow.
std::vector<double> lengths(const SampleMatrix& x, const Context& context);

// Divides each row by its length; a row of zeros stays.
void make_unit(Rows& rows, std::span<const double> lengths);

// dF/du, u the unit rows, becomes dF/dz, z = length u.
void through_unit_rows(Rows& g, const Rows& u, std::span<const double> lengths, const Context& context);

// dF/dz, z the rows of the view, becomes dF/dx, x the rows of x.plain(). Returns why there is no derivative, or an empty text.
std::string through_view(Rows& g, const SampleMatrix& x, const Rows& z, const Context& context);

}  // namespace entrospect::detail
