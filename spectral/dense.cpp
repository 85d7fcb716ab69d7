#include "entrospect/spectral/dense.hpp"

#include <algorithm>
#include <memory>

#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/two_stage.hpp"

namespace entrospect::detail {
namespace {

// Below this order a solve takes under about 10 ms, so it runs in the calling thread and needs no way to be abandoned.
constexpr std::size_t kAbandonableFrom = 256;

template <class T>
struct Job {
  SymmetricMatrix<T> a;
  std::vector<T> values;
  bool converged = false;
};

template <class T>
void solve_one_stage(Job<T>& job, Backend backend, [[maybe_unused]] unsigned lapack_threads) {
#if defined(ENTROSPECT_HAVE_LAPACK)
  if (backend != Backend::dense_eigen) {
    job.converged = lapack_eigenvalues(job.a.data(), job.a.n(), job.values.data(), lapack_threads);
    return;
  }
#endif
  (void)backend;
  job.converged = eigen_eigenvalues(job.a.data(), job.a.n(), job.values.data());
}

}  // namespace

template <class T>
DenseEigenvalues dense_eigenvalues(SymmetricMatrix<T> a, Backend backend, unsigned lapack_threads, const Context& context) {
  const std::size_t n = a.n();
  check_cancelled(context);
  const auto job = std::make_shared<Job<T>>(Job<T>{std::move(a), std::vector<T>(n), false});
#if defined(ENTROSPECT_HAVE_LAPACK)
  if (backend == Backend::lapack_two_stage)
    job->converged = two_stage_eigenvalues(job->a.data(), n, job->values.data(), context);
  else
#endif
      if (n < kAbandonableFrom)
    solve_one_stage(*job, backend, lapack_threads);
  else
    run_abandonable(context, [job, backend, lapack_threads] { solve_one_stage(*job, backend, lapack_threads); });

  DenseEigenvalues out;
  out.values.assign(job->values.rbegin(), job->values.rend());
  if (!job->converged) {
    out.status = Status::not_converged;
    out.reason = std::string(name(backend)) + " did not converge at order " + std::to_string(n);
  }
  return out;
}

template DenseEigenvalues dense_eigenvalues(SymmetricMatrix<double>, Backend, unsigned, const Context&);
template DenseEigenvalues dense_eigenvalues(SymmetricMatrix<float>, Backend, unsigned, const Context&);

}  // namespace entrospect::detail
