#pragma once
// Centered kernel alignment of every pair of several representations of the same n samples: layers by layers.

#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/estimators/dependence/cka.hpp"

namespace entrospect {

// cka(samples[i], samples[j]) for all i and j, row-major, up to round-off; every kernel matrix is built once. Options as cka(); null and
// compat are refused. `names` (by default 0, 1, ...) say in errors which matrix is meant. Memory: a kernel matrix each, or for the linear
// kernel, when all features together are at most n, one d x d matrix.
std::vector<double> cka_matrix(const std::vector<SampleMatrix>& samples, const CkaOptions& options = {},
                               const std::vector<std::string>& names = {}, const Context& context = {});

}  // namespace entrospect
