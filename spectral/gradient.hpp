#pragma once
// Gradients of functions of a spectrum with respect to the samples, by the matrix-function form: with F = F(lam) and f_i = dF/dlam_i,
// dF/dA = U diag(f) U^T. No difference of eigenvectors or of eigenvalues occurs, so repeated and zero eigenvalues are ordinary points.
//
//   Decomposition d;
//   SpectrumOptions options{.decomposition = &d};
//   const auto s = spectrum(x, affinity, options);
//   const SampleGradient g = gradient(x, affinity, *s, d, {slopes});
//
// Chain rules, with G = dF/dK:
//   rows of a factor       K = Z Z^T or Z^T Z: dF/dZ = 2 G Z or 2 Z G
//   kernels                dF/dx_i = 2 sum_j G_ij dk(x_i, x_j)/dx_i, e.g. Gaussian -(2 / sigma^2) sum_j G_ij K_ij (x_i - x_j)
//   unit rows z = y / |y|  dF/dy_i = (I - z_i z_i^T) g_i / |y_i|
//   standardized columns   dF/dx = (g - mean g - z (sum g z) / (n - 1)) / s
//   centering              the mean row of the gradient is subtracted
//   diffusion              see through_diffusion() in gradient.cpp
// The bandwidth of an automatic rule is treated as a constant.

#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/decomposition.hpp"
#include "entrospect/spectral/singular_values.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct SampleGradient {
  std::vector<double> values;  // n x d, row-major: of the rows of x.plain(), before any deferred operation
  std::string nonsmooth;       // why the chain to the samples has no derivative here (the gradient is then a support subgradient), or empty
};

// dF/dlam_i: one number for each of s.values, or constant + linear lam_i + cubic lam_i^3 where the norms sufficed, which needs no
// eigenvectors.
struct Slopes {
  std::vector<double> each{};
  double constant = 0, linear = 0, cubic = 0;
};

// `s` and `d` come from one call of spectrum() with the same x and affinity. NaN when the solver failed. Throws InvalidArgument for kernel
// 'precomputed', which does not see the samples.
SampleGradient gradient(const SampleMatrix& x, const Covariance& affinity, const Spectrum& s, const Decomposition& d, const Slopes& slopes,
                        const Context& context = {});
SampleGradient gradient(const SampleMatrix& x, const Gram& affinity, const Spectrum& s, const Decomposition& d, const Slopes& slopes,
                        const Context& context = {});
SampleGradient gradient(const SampleMatrix& x, const Diffusion& affinity, const Spectrum& s, const Decomposition& d, const Slopes& slopes,
                        const Context& context = {});

// dF/dA of the matrix that `d` came with.
SymmetricMatrix<double> matrix_gradient(const Decomposition& d, const Slopes& slopes, const Context& context = {});

// Of F(A), A the n x n matrix that `affinity` makes of K_ij = k(x_i, x_j), from g = dF/dA, symmetric and used up.
SampleGradient gram_gradient(const SampleMatrix& x, const Gram& affinity, double bandwidth, const SymmetricMatrix<double>& k,
                             SymmetricMatrix<double> g, const Context& context = {});

// Of F(K), K_ij = k(x_i, x_j) over all rows of the view, from g = dF/dK, symmetric and used up.
SampleGradient kernel_gradient(const SampleMatrix& x, const Kernel& kernel, double bandwidth, const SymmetricMatrix<double>& k,
                               SymmetricMatrix<double> g, const Context& context = {});

// From dF/dz, z the n x d rows of the view with every deferred operation applied, to the rows of x.plain().
SampleGradient gradient_of_rows(const SampleMatrix& x, std::vector<double> slopes, const Context& context = {});

// Of ln det(Z^T Z), Z the rows of the view, n >= d: 2 Z (R^T R)^-1 from their triangular factor, which has no zero on its diagonal. Solving
// with R costs no accuracy when the columns differ in scale, dividing by eigenvalues would.
SampleGradient log_det_gradient(const SampleMatrix& x, const TriangularFactor& r, const Context& context = {});

}  // namespace entrospect
