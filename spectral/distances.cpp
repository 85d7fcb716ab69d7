#include "entrospect/spectral/distances.hpp"

#include <cmath>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect::detail {

std::vector<double> pairwise_distances(const SampleMatrix& x, bool l1, const Context& context) {
  const std::size_t n = x.n(), d = x.d();
  const RowLoader loader(x, context);
  std::vector<double> rows(n * d);
  loader.load(0, n, rows.data(), d);
  std::vector<double> out(n * (n - 1) / 2);
  parallel_for(context, n, [&](std::size_t i) {
    for (std::size_t j = 0; j < i; ++j) {
      double total = 0;
      for (std::size_t k = 0; k < d; ++k) {
        const double difference = rows[i * d + k] - rows[j * d + k];
        total += l1 ? std::abs(difference) : difference * difference;
      }
      out[i * (i - 1) / 2 + j] = l1 ? total : std::sqrt(total);
    }
  });
  return out;
}

}  // namespace entrospect::detail
