// All eigenvalues, and an entropy from the samples on, against direct calls of the linked LAPACK (Eigen's solver where there is none).
#include "entrospect/estimators/spectral_entropy/von_neumann.hpp"
#include "entrospect/spectral/spectrum.hpp"
#include "limits.hpp"

namespace entrospect::bench {
namespace {

template <class T>
Matrix<T> wishart(Eigen::Index n) {
  const Matrix<T> x = random_matrix<T>(n, n);
  Matrix<T> a(n, n);
  square(x, a);
  for (Eigen::Index j = 0; j < n; ++j)
    for (Eigen::Index i = 0; i < j; ++i) a(i, j) = a(j, i);
  return a;
}

template <class T>
SymmetricMatrix<T> copied(const Matrix<T>& a) {
  SymmetricMatrix<T> out(static_cast<std::size_t>(a.rows()));
  std::copy_n(a.data(), a.size(), out.data());
  return out;
}

template <class T, Solver solver>
void spectrum_and_direct_call(benchmark::State& state) {
  const Matrix<T> a = wishart<T>(state.range(0));
  compare(
      state, [&] { benchmark::DoNotOptimize(spectrum(copied(a)).values.data()); }, [&] { direct_eigenvalues(a, solver); });
}
#define ENTROSPECT_SPECTRA(T, solver)            \
  BENCHMARK(spectrum_and_direct_call<T, solver>) \
      ->Arg(500)                                 \
      ->Arg(1000)                                \
      ->Arg(2000)                                \
      ->Arg(4000)                                \
      ->UseManualTime()                          \
      ->Iterations(3)                            \
      ->Unit(benchmark::kMillisecond)
ENTROSPECT_SPECTRA(double, Solver::one_stage);
ENTROSPECT_SPECTRA(float, Solver::one_stage);
#if defined(ENTROSPECT_HAVE_LAPACK)
ENTROSPECT_SPECTRA(double, Solver::two_stage);
ENTROSPECT_SPECTRA(float, Solver::two_stage);
#endif

// One SYRK and one direct call of the eigenvalue routine.
template <Solver solver>
void von_neumann_and_direct_calls(benchmark::State& state) {
  const Eigen::Index n = state.range(0), d = state.range(1);
  const Matrix<double> x = random_matrix<double>(d, n), columns = x.transpose();
  const SampleMatrix samples(x.data(), static_cast<std::size_t>(n), static_cast<std::size_t>(d));
  Matrix<double> c(d, d);
  const auto direct = [&] {
    square(columns, c);
    direct_eigenvalues(c, solver);
  };
  compare(
      state, [&] { benchmark::DoNotOptimize(von_neumann_entropy(samples)); }, direct);
  state.SetLabel("target: ratio <= 1.1 with the better of the solvers");
}
BENCHMARK(von_neumann_and_direct_calls<Solver::one_stage>)
    ->Args({4000, 2000})
    ->UseManualTime()
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);
#if defined(ENTROSPECT_HAVE_LAPACK)
BENCHMARK(von_neumann_and_direct_calls<Solver::two_stage>)
    ->Args({4000, 2000})
    ->UseManualTime()
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);
#endif

}  // namespace
}  // namespace entrospect::bench
