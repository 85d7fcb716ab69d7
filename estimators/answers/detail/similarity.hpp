#pragma once
// The similarity matrix of several answers to one question: a kernel of their embeddings, or the matrix itself (kernel = precomputed).

#include <string>

#include "entrospect/core/estimate.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

// Rows that the kernel can be asked about: n >= 2, finite, none zero under the cosine kernel. Writes n, d and what a survey of the rows
// found into `e`. A square symmetric x with equal diagonal that is not said to be the matrix itself earns a warning.
PreparedRows prepare_answers(const SampleMatrix& x, KernelKind kind, ZeroRows zero_rows, Estimate& e, const Context& context);

// Edges of a graph are not negative: throws naming the most negative entry of a precomputed matrix.
void require_nonnegative(const SampleMatrix& s, const Context& context);

// S_ij, n x n, of prepared rows; the bandwidth goes to the diagnostics. A precomputed matrix must be square and symmetric.
SymmetricMatrix<double> similarities(const PreparedRows& rows, const Kernel& kernel, Estimate& e, const Context& context);

}  // namespace entrospect::detail
