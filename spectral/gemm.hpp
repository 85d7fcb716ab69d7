#pragma once
// Products of row-major blocks on the calling thread: BLAS where there is one, else Eigen. Private to spectral/. Callers that run several
// side by side hold one BlasThreads(1) around all of them.

#include <cstddef>

namespace entrospect::detail {

struct Block {
  const double* data = nullptr;
  std::size_t ld = 0;       // values between rows in memory
  bool transposed = false;  // the operand is the transpose of what lies in memory
};

// C = alpha A B, C rows x columns with leading dimension ldc, A rows x depth, B depth x columns.
void multiply(double alpha, const Block& a, const Block& b, std::size_t rows, std::size_t columns, std::size_t depth, double* c,
              std::size_t ldc);

}  // namespace entrospect::detail
