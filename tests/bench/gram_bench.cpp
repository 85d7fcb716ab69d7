// Gaussian Gram matrix against a double loop and against what its flops and exponentials cost by themselves.
#include <cmath>

#include "entrospect/spectral/products.hpp"
#include "limits.hpp"

namespace entrospect::bench {
namespace {

constexpr double kSigma = 8;

template <class T>
SymmetricMatrix<T> gaussian(const Matrix<T>& x) {
  const SampleMatrix samples(x.data(), static_cast<std::size_t>(x.cols()), static_cast<std::size_t>(x.rows()));
  return gram_matrix<T>(samples, Kernel{KernelKind::gaussian, kSigma, 1, 0}, kSigma);
}

template <class T>
void gram_and_double_loop(benchmark::State& state) {
  const Eigen::Index d = state.range(1), n = state.range(0);
  const Matrix<T> x = random_matrix<T>(d, n, 100);
  Matrix<T> k(n, n);
  const auto loop = [&] {
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        T squares = 0;
        for (Eigen::Index l = 0; l < d; ++l) squares += (x(l, i) - x(l, j)) * (x(l, i) - x(l, j));
        k(j, i) = std::exp(-squares / static_cast<T>(2 * kSigma * kSigma));
      }
    benchmark::DoNotOptimize(k.data());
  };
  compare(
      state, [&] { benchmark::DoNotOptimize(gaussian(x)); }, loop);
  state.counters["times_faster"] = 1 / state.counters["ratio"];
  const SymmetricMatrix<T> ours = gaussian(x);
  double error = 0;
  for (Eigen::Index i = 0; i < n; i += 37)
    for (Eigen::Index j = 0; j < n; ++j) {
      const double exact =
          std::exp(-(x.col(i).template cast<double>() - x.col(j).template cast<double>()).squaredNorm() / (2 * kSigma * kSigma));
      error = std::max(error, std::abs(static_cast<double>(ours(static_cast<std::size_t>(i), static_cast<std::size_t>(j))) - exact));
    }
  state.counters["max_error"] = error;
  state.SetLabel("targets: times_faster >= 20, max_error <= 5e-7 at mean 100");
}
BENCHMARK(gram_and_double_loop<float>)->Args({4000, 64})->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

template <class T>
void gram_and_limit(benchmark::State& state) {
  const Eigen::Index d = state.range(1), n = state.range(0);
  const Matrix<T> x = random_matrix<T>(d, n, 100);
  Matrix<T> k(n, n);
  Eigen::Array<T, Eigen::Dynamic, 1> block = -random_matrix<T>(4096, 1).array().abs(), out(block.size());
  const auto limit = [&] {
    square(x, k);
    for (Eigen::Index done = 0; done < n * n / 2; done += block.size()) {
      out = block.exp();
      benchmark::DoNotOptimize(out.data());
    }
  };
  compare(
      state, [&] { benchmark::DoNotOptimize(gaussian(x)); }, limit);
  state.SetLabel("limit: SYRK and n^2 / 2 exponentials of Eigen on one thread");
}
BENCHMARK(gram_and_limit<float>)->Args({4000, 64})->Args({4000, 768})->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);
BENCHMARK(gram_and_limit<double>)->Args({4000, 64})->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace entrospect::bench
