#pragma once
// Jensen-Renyi divergence between the classes of labelled samples, from kernel matrices (Hoyos-Osorio, Skean, Brockmeier, Sanchez Giraldo
// 2022).
//
//   JR = H_q(K) + H_q(L) - H_q(K o L),  K_ij = k(x_i, x_j), L_ij = 1 if labels i and j are equal, else 0
//
// At order 1 this is H(K) - sum_c (n_c / n) H(K_c), K_c the kernel matrix of class c: the quantum Jensen-Shannon divergence of the classes.
// x: n x d, n >= 2, or the n x n kernel matrix with kernel = precomputed; labels: at least 2 classes.  Unit: nats or bits.  Range: at most
// min(H(K), H(L)) for unit diagonals; >= 0 at order 1, of either sign otherwise, never clipped.
// A class of one row has no entropy of its own, which moves the divergence up: their number is in the diagnostics, and classes of one row
// only are status `out_of_valid_range`.
// kernel, bandwidth, diagonal, side, compat, errors: as in matrix_information.hpp; one class only is an error.
// Gradient: exact, with respect to x. Cost: O(n^2 d + n^3); order 2: O(n^2 d).

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/matrix_information/matrix_information.hpp"

namespace entrospect {

Estimate jensen_renyi(const SampleMatrix& x, const Labels& labels, const MatrixInformationOptions& options = {},
                      const Context& context = {});
const EstimatorInfo& jensen_renyi_info();

}  // namespace entrospect
