// The denominators themselves: flops and bytes per second that nothing here can exceed by much.
#include <cmath>

#include "limits.hpp"

namespace entrospect::bench {
namespace {

void rate(benchmark::State& state, const char* name, double amount) {
  state.counters[name] = benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
}

template <class T>
void gemm(benchmark::State& state) {
  Product<T> product(state.range(0));
  for (auto _ : state) product();
  rate(state, "flops", product.flops());
}
BENCHMARK(gemm<double>)->Arg(512)->Arg(2048)->Arg(4096)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(gemm<float>)->Arg(512)->Arg(2048)->Arg(4096)->UseRealTime()->Unit(benchmark::kMillisecond);

// `ratio`: time over that of a product with as many flops; 1 is the speed of GEMM.
template <class T>
void syrk(benchmark::State& state) {
  const auto n = static_cast<double>(state.range(0));
  const Matrix<T> a = random_matrix<T>(state.range(0), state.range(0));
  Matrix<T> c(a.cols(), a.cols());
  Product<T> product(state.range(0));
  compare(
      state, [&] { square(a, c); }, product, n * n * (n + 1) / product.flops());
}
BENCHMARK(syrk<double>)->Arg(2048)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);
BENCHMARK(syrk<float>)->Arg(2048)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

// a = b + s c on every thread, on arrays that no cache holds.
void triad(benchmark::State& state) {
  constexpr std::size_t kItems = 64, kItem = std::size_t{1} << 19;
  std::vector<double> a(kItems * kItem), b(a.size(), 1.0), c(a.size(), 2.0);
  for (auto _ : state) {
    parallel_for({}, kItems, [&](std::size_t item) {
      for (std::size_t i = item * kItem; i < (item + 1) * kItem; ++i) a[i] = b[i] + 3 * c[i];
    });
    benchmark::ClobberMemory();
  }
  rate(state, "bytes", static_cast<double>(3 * sizeof(double) * a.size()));
}
BENCHMARK(triad)->UseRealTime()->Unit(benchmark::kMillisecond);

// One thread, vectors of the compiler's default architecture.
template <class T>
void exponential(benchmark::State& state) {
  Eigen::Array<T, Eigen::Dynamic, 1> x = -random_matrix<T>(4096, 1).array().abs(), y(x.size());
  for (auto _ : state) {
    y = x.exp();
    benchmark::DoNotOptimize(y.data());
  }
  rate(state, "values", static_cast<double>(x.size()));
}
BENCHMARK(exponential<double>)->Unit(benchmark::kMicrosecond);
BENCHMARK(exponential<float>)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace entrospect::bench
