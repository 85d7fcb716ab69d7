// Scatter matrices of tall data against the product of two square matrices with as many flops.
#include "entrospect/spectral/products.hpp"
#include "limits.hpp"

namespace entrospect::bench {
namespace {

// `gemm_share` is the share of the GEMM rate, counted n d (d + 1) flops. T also is the precision of the products.
template <class T, bool center>
void covariance(benchmark::State& state) {
  const Eigen::Index n = state.range(0), d = state.range(1);
  const Matrix<T> x = random_matrix<T>(d, n, 3);  // rows of samples
  SampleMatrix samples(x.data(), static_cast<std::size_t>(n), static_cast<std::size_t>(d));
  if (center) samples = samples.centered();
  Product<T> product(2048);
  const double flops = static_cast<double>(n) * static_cast<double>(d) * static_cast<double>(d + 1);
  compare(
      state, [&] { benchmark::DoNotOptimize(scatter_matrix<T>(samples)); }, product, flops / product.flops());
  state.counters["gemm_share"] = 1 / state.counters["ratio"];
  state.SetLabel(center ? "target: gemm_share >= 0.8 (Eigen only: 0.7)" : "target: gemm_share >= 0.9 (Eigen only: 0.7)");
}
BENCHMARK(covariance<double, false>)->Args({20000, 768})->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);
BENCHMARK(covariance<double, true>)->Args({20000, 768})->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);
BENCHMARK(covariance<float, false>)->Args({20000, 768})->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);
BENCHMARK(covariance<float, true>)->Args({20000, 768})->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace entrospect::bench
