#include "entrospect/estimators/spectral_entropy/local_scale.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect {
namespace {

double squared_distance(const double* a, const double* b, std::size_t d) {
  double sum = 0;
  for (std::size_t j = 0; j < d; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

}  // namespace

SampleMatrix local_scale_graph(const SampleMatrix& x, std::size_t k, double least_scale, const Context& context) {
  const std::size_t n = x.n(), d = x.d();
  if (k == 0 || k >= n) throw InvalidArgument("k = " + std::to_string(k) + " neighbors is not in [1, n - 1] for n = " + std::to_string(n));
  std::vector<double> rows(n * d);
  RowLoader(x, context).load(0, n, rows.data(), d);

  struct Neighbors {
    std::vector<std::size_t> index;
    std::vector<double> squared;
    double scale = 0;
  };
  std::vector<Neighbors> near(n);
  parallel_for(context, n, [&](std::size_t i) {
    std::vector<double> squared(n);
    for (std::size_t j = 0; j < n; ++j) squared[j] = squared_distance(rows.data() + i * d, rows.data() + j * d, d);
    std::vector<std::size_t> others;
    for (std::size_t j = 0; j < n; ++j)
      if (j != i) others.push_back(j);
    const auto closer = [&](std::size_t a, std::size_t b) { return squared[a] != squared[b] ? squared[a] < squared[b] : a < b; };
    std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(k), others.end(), closer);
    others.resize(k);
    near[i].index = others;
    for (const std::size_t j : others) near[i].squared.push_back(squared[j]);
    near[i].scale = std::max(std::sqrt(near[i].squared.back()), least_scale);
  });

  const auto graph = std::make_shared<std::vector<double>>(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    (*graph)[i * n + i] = 1;
    for (std::size_t m = 0; m < k; ++m) {
      const std::size_t j = near[i].index[m];
      const double squared = near[i].squared[m];
      const double affinity = squared == 0 ? 1 : std::exp(-squared / (near[i].scale * near[j].scale));
      (*graph)[i * n + j] = (*graph)[j * n + i] = affinity;  // the union of the two neighborhoods: both ends give the same number
    }
  }
  const auto stride = static_cast<std::ptrdiff_t>(sizeof(double));
  return {graph->data(), DType::f64, n, n, stride * static_cast<std::ptrdiff_t>(n), stride, graph};
}

}  // namespace entrospect
