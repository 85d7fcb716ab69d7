#pragma once
// Centered kernel alignment of every pair of several representations of the same n samples: layers by layers.

#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/estimators/dependence/cka.hpp"

namespace entrospect {

// cka(samples[i], samples[j]) for all i and j, row-major, up to round-off; every kernel matrix is built once. Options as cka(); null and
// compat are refused. `names` (by default 0, 1, ...) say in errors which matrix is meant. With m matrices of d features together,
// side = gram costs n^2 (d + m^2) flops and holds m kernel matrices, n x n each; side = cov (linear kernel) costs n d^2 and holds one d x d
// matrix; auto takes the one with fewer flops. statistic = minibatch: as for batch_size rows, n / batch_size times.
std::vector<double> cka_matrix(const std::vector<SampleMatrix>& samples, const CkaOptions& options = {},
                               const std::vector<std::string>& names = {}, const Context& context = {});

}  // namespace entrospect
