#pragma once
// What the linked libraries and this machine can do at this moment, and how a piece of work compares with it.

#include <benchmark/benchmark.h>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/spectral/lapack.hpp"

namespace entrospect::bench {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;  // column-major

template <class T>
Matrix<T> random_matrix(Eigen::Index rows, Eigen::Index columns, double mean = 0) {
  RandomStream random(1, static_cast<std::uint64_t>(rows * columns));
  Matrix<T> out(rows, columns);
  for (Eigen::Index i = 0; i < out.size(); ++i) out.data()[i] = static_cast<T>(mean + random.normal());
  return out;
}

// Least times of some runs: on the clock, and of all processors together.
struct Least {
  double wall = std::numeric_limits<double>::infinity(), cpu = wall;

  template <class Work>
  double run(Work& work) {
    // Threads of a BLAS wait awake for tens of milliseconds after a call, on the processors of whoever runs next.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const std::clock_t cpu_begin = std::clock();
    const auto begin = std::chrono::steady_clock::now();
    work();
    const double time = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    wall = std::min(wall, time);
    cpu = std::min(cpu, static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC);
    return time;
  }
};

// Times `work` and, in turn with it, `limit`, so that a busy moment of the machine meets both. The time reported is that of `work`; `ratio`
// is least time of `work` / least time of `limit`, of which `share` is counted: as many flops as `work` needs, say. `cpu_ratio` is the same
// of processor time, which other processes disturb less.
template <class Work, class Limit>
void compare(benchmark::State& state, Work work, Limit limit, double share = 1) {
  Least least_work, least_limit;
  work();  // pages, caches and threads are warm
  for (auto _ : state) {
    least_limit.run(limit);
    state.SetIterationTime(least_work.run(work));
  }
  state.counters["min_ms"] = 1e3 * least_work.wall;
  state.counters["limit_ms"] = 1e3 * least_limit.wall * share;
  state.counters["ratio"] = least_work.wall / (least_limit.wall * share);
  state.counters["cpu_ratio"] = least_work.cpu / (least_limit.cpu * share);
}

// One product of two square matrices on every thread: the linked BLAS on its own threads, else Eigen on strips of columns.
template <class T>
class Product {
 public:
  explicit Product(Eigen::Index n) : a_(random_matrix<T>(n, n)), b_(a_), c_(n, n) {}
  [[nodiscard]] double flops() const { return 2 * std::pow(static_cast<double>(a_.rows()), 3); }
  void operator()() {
#if defined(ENTROSPECT_HAVE_LAPACK)
    const int n = static_cast<int>(a_.rows());
    detail::gemm('N', 'N', n, n, n, T{1}, a_.data(), n, b_.data(), n, T{0}, c_.data(), n);
#else
    constexpr Eigen::Index kColumns = 256;
    const Eigen::Index n = a_.rows();
    parallel_for({}, static_cast<std::size_t>((n + kColumns - 1) / kColumns), [&](std::size_t strip) {
      const Eigen::Index first = static_cast<Eigen::Index>(strip) * kColumns, width = std::min(kColumns, n - first);
      c_.middleCols(first, width).noalias() = a_ * b_.middleCols(first, width);
    });
#endif
    benchmark::DoNotOptimize(c_.data());
  }

 private:
  Matrix<T> a_, b_, c_;
};

#if defined(ENTROSPECT_HAVE_LAPACK)
extern "C" {
void dsyrk_(const char*, const char*, const int*, const int*, const double*, const double*, const int*, const double*, double*, const int*,
            std::size_t, std::size_t);
void ssyrk_(const char*, const char*, const int*, const int*, const float*, const float*, const int*, const float*, float*, const int*,
            std::size_t, std::size_t);
void dsyev_2stage_(const char*, const char*, const int*, double*, const int*, double*, double*, const int*, int*, std::size_t, std::size_t);
void ssyev_2stage_(const char*, const char*, const int*, float*, const int*, float*, float*, const int*, int*, std::size_t, std::size_t);
}
inline void syrk(int n, int k, const double* a, double* c) {
  const double one = 1, zero = 0;
  dsyrk_("L", "T", &n, &k, &one, a, &k, &zero, c, &n, 1, 1);
}
inline void syrk(int n, int k, const float* a, float* c) {
  const float one = 1, zero = 0;
  ssyrk_("L", "T", &n, &k, &one, a, &k, &zero, c, &n, 1, 1);
}
inline int syev_2stage(int n, double* a, double* w, double* work, int lwork) {
  int info = 0;
  dsyev_2stage_("N", "L", &n, a, &n, w, work, &lwork, &info, 1, 1);
  return info;
}
inline int syev_2stage(int n, float* a, float* w, float* work, int lwork) {
  int info = 0;
  ssyev_2stage_("N", "L", &n, a, &n, w, work, &lwork, &info, 1, 1);
  return info;
}
#endif

// C = A^T A, lower triangle, A with samples in its columns' direction (k x n): as BLAS does it, else one Eigen product.
template <class T>
void square(const Matrix<T>& a, Matrix<T>& c) {
#if defined(ENTROSPECT_HAVE_LAPACK)
  syrk(static_cast<int>(a.cols()), static_cast<int>(a.rows()), a.data(), c.data());
#else
  c.noalias() = a.transpose() * a;
#endif
  benchmark::DoNotOptimize(c.data());
}

enum class Solver { one_stage, two_stage };  // Eigen has only one

// All eigenvalues by a direct call, on the library's own threads; the matrix is copied, since solvers destroy it.
template <class T>
void direct_eigenvalues(Matrix<T> a, [[maybe_unused]] Solver solver) {
#if defined(ENTROSPECT_HAVE_LAPACK)
  const int n = static_cast<int>(a.rows());
  std::vector<T> values(static_cast<std::size_t>(n));
  T size = 0;
  int integers = 0, info = 0;
  if (solver == Solver::one_stage)
    info = detail::syevd('N', n, a.data(), values.data(), &size, -1, &integers, -1);
  else
    info = syev_2stage(n, a.data(), values.data(), &size, -1);
  std::vector<T> work(static_cast<std::size_t>(1.0001 * static_cast<double>(size)) + 1);
  std::vector<int> iwork(static_cast<std::size_t>(std::max(integers, 1)));
  const int lwork = static_cast<int>(work.size());
  if (info == 0 && solver == Solver::one_stage)
    info = detail::syevd('N', n, a.data(), values.data(), work.data(), lwork, iwork.data(), static_cast<int>(iwork.size()));
  else if (info == 0)
    info = syev_2stage(n, a.data(), values.data(), work.data(), lwork);
  if (info != 0) throw std::runtime_error("LAPACK returned " + std::to_string(info));
  benchmark::DoNotOptimize(values.data());
#else
  Eigen::SelfAdjointEigenSolver<Matrix<T> > s(a, Eigen::EigenvaluesOnly);
  benchmark::DoNotOptimize(s.eigenvalues().data());
#endif
}

}  // namespace entrospect::bench
