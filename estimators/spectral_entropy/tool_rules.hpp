#pragma once
// What the tools behind compat = repitl, yu, skean and djaniak do with a kernel matrix and its eigenvalues, written once for the entropy of
// one matrix and for those of several.

#include <cstdint>
#include <string>

#include "entrospect/core/context.hpp"
#include "entrospect/core/estimate.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

// The kernel that makes our formula the tool's: yu writes exp(-|a-b|^2 / s) with a number for s, repitl's Laplacian kernels have an extra
// 1 / sqrt 2. The kernel as it is for any other compat id, the empty one included.
Kernel tool_kernel(const std::string& compat, const Kernel& kernel, const SampleMatrix& x, std::uint64_t seed, Diagnostics& notes,
                   const Context& context);

// The entropy in nats by the tool's own rule: positive eigenvalues over their sum (repitl, skean, djaniak) or |lam| / tr K (yu); order 2 of
// repitl is -ln(sum lam^2 / n^2), of djaniak -ln(sum p^2 / n^2). NaN where there is no positive trace.
double tool_entropy(const std::string& compat, const Spectrum& s, double order, std::size_t n);

// yu divides by 1 - order. e.compat names the tool.
void refuse_tool_order(const Estimate& e, double order);

// skean: max(Z Z^T, 0) or, by features, max(Z^T Z, 0), entry by entry.
SymmetricMatrix<double> clamped_product(const SampleMatrix& z, bool rows, const Context& context);

}  // namespace entrospect
