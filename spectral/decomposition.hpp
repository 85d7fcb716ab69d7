#pragma once
// What a gradient needs to know of a matrix and of how it came from the samples. Filled by spectrum() when SpectrumOptions::decomposition
// points to one, read by gradient() of gradient.hpp.

#include <optional>
#include <vector>

#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

// The factors of a diffusion operator: S_ij = K_ij c_i c_j, c = sqrt(power / sum).
struct DiffusionScales {
  std::vector<double> degree;  // q = K 1
  std::vector<double> power;   // s = q^-anisotropy
  std::vector<double> sum;     // v = K s
};

struct Decomposition {
  std::vector<double> vectors;                    // n x n: row r is the unit eigenvector of the r-th smallest eigenvalue; empty: none
  std::optional<SymmetricMatrix<double>> matrix;  // the matrix itself, where SpectrumOptions::values was off and the norms sufficed
  std::optional<SymmetricMatrix<double>> kernel;  // K before weights and normalizing; absent on the d x d side
  double bandwidth = 1;                           // the number used
  DiffusionScales diffusion;
};

}  // namespace entrospect
