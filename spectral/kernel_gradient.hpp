#pragma once
// From dF/dK to the rows that the kernel compares. Private to spectral/.

#include <string>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/row_gradient.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

struct KernelGradient {
  Rows gradient;
  std::string nonsmooth;  // why there is no derivative, or empty
};

// g is dF/dK and is used up; z are the rows of x that the kernel takes (unit rows for the cosine kernel, which then is a product).
KernelGradient through_kernel(SymmetricMatrix<double> g, const SymmetricMatrix<double>& k, const Kernel& kernel, double bandwidth,
                              const SampleMatrix& x, const Rows& z, const Context& context);

}  // namespace entrospect::detail
