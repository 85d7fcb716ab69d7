#pragma once
// Affinities in place: what is done to a kernel matrix before its eigenvalues are asked for. Private to spectral/.

#include <span>
#include <string_view>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/decomposition.hpp"
#include "entrospect/spectral/sparse_operator.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

// |x_i|^2 of the view's rows.
std::vector<double> squared_norms(const SampleMatrix& x, const Context& context);

// A_ij := s_i A_ij s_j.
template <class T>
void scale_both_sides(SymmetricMatrix<T>& a, std::span<const double> s, const Context& context);

// Weights of rows: as many as rows, finite, >= 0, not all zero. Throws InvalidArgument otherwise.
void check_weights(std::span<const double> weights, std::size_t n);

// Diagonal entries that a normalised kernel divides by: finite and > 0. Throws naming the first that is not.
void check_positive_diagonal(std::span<const double> diagonal, std::string_view kernel);
// Throws with the range of the diagonal unless every entry is within `tolerance` of 1.
void check_unit_diagonal(std::span<const double> diagonal, double tolerance);

// K becomes S = D^-1/2 K_a D^-1/2. Throws when a row of K does not sum to a positive number.
template <class T>
DiffusionScales make_diffusion(SymmetricMatrix<T>& k, double anisotropy, const Context& context);
void make_diffusion(SparseMatrix& k, double anisotropy);

}  // namespace entrospect::detail
