#pragma once
// Fused, tiled builders of d x d and n x n matrices from samples. Tiles and chunks depend on shapes only, BLAS runs on one thread
// inside a tile, partial results merge in a fixed order: the same bits for any number of threads. T is the type of the products
// (float64, or float32 for precision="single"); merges across chunks are float64.

#include <functional>
#include <span>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

// X^T X of the view (deferred operations applied), d x d, undivided. Centring uses chunk means merged with the pairwise update of
// Chan et al. (1983), one pass, safe for any mean. `row_weights`, if not empty, gives X^T diag(w) X. Cost n d (d+1) flops, memory O(d^2 +
// chunk).
template <class T>
SymmetricMatrix<double> scatter_matrix(const SampleMatrix& x, std::span<const double> row_weights = {}, const Context& context = {});

// K_ij = k(x_i, x_j), n x n, exactly symmetric, unit diagonal exact where the kernel has one. Squared distances come from centred inner
// products, are clamped at 0 and re-evaluated directly under 1e-8 of the norms. `bandwidth` is the resolved number. Memory: K and tiles.
template <class T>
SymmetricMatrix<T> gram_matrix(const SampleMatrix& x, const Kernel& kernel, double bandwidth, const Context& context = {});

// A kernel of your own: K_ij = k(x_i, x_j) for i <= j, each pair evaluated once in the calling thread, the other half mirrored. The matrix
// as samples, for kernel = precomputed. Deferred operations of x are applied before. Throws InvalidArgument naming a pair whose k is not
// finite.
using KernelFunction = std::function<double(std::span<const double>, std::span<const double>)>;
SampleMatrix kernel_samples(const SampleMatrix& x, const KernelFunction& kernel, const Context& context = {});

// Reads a precomputed kernel: checks square, finite, symmetric to `tolerance` (or its type's rounding) * max |K|; averages with the
// transpose.
SymmetricMatrix<double> precomputed_matrix(const SampleMatrix& k, double tolerance = 1e-10, const Context& context = {});

}  // namespace entrospect
