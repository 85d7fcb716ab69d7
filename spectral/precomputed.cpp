#include <algorithm>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/symmetrize.hpp"

namespace entrospect {

SymmetricMatrix<double> precomputed_matrix(const SampleMatrix& k, double tolerance, const Context& context) {
  constexpr std::size_t kRows = 64;
  if (k.n() != k.d())
    throw InvalidArgument("a precomputed kernel must be square, not " + std::to_string(k.n()) + " x " + std::to_string(k.d()) +
                          "; it holds the similarity of every pair of rows");
  if (k.is_centered() || k.normalization() != Normalize::none)
    throw InvalidArgument("a precomputed kernel cannot be centered or normalized as samples are");
  const RowLoader loader(k, context);
  SymmetricMatrix<double> out(k.n());
  parallel_for(context, (k.n() + kRows - 1) / kRows, [&](std::size_t block) {
    const std::size_t first = block * kRows;
    loader.load(first, std::min(kRows, k.n() - first), out.data() + first * k.n(), k.n());
  });
  // Entries that were rounded in the type they are stored in are no fault.
  detail::check_and_symmetrize(out, std::max(tolerance, 16 * machine_epsilon(k.dtype())), "precomputed kernel", context);
  return out;
}

}  // namespace entrospect
