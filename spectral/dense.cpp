#include "entrospect/spectral/dense.hpp"

#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/band_reduction.hpp"

namespace entrospect::detail {
namespace {

// Below this order a solve takes a few milliseconds, so it runs in the calling thread and need not be abandoned.
constexpr std::size_t kAbandonableFrom = 256;

// What a solve that nobody waits for any more must own.
template <class T>
struct Job {
  SymmetricMatrix<T> a;
  std::vector<T> values{}, off_diagonal{};
  bool converged = false;
};

template <class T>
std::function<void()> solver(const std::shared_ptr<Job<T>>& job, Backend backend, [[maybe_unused]] unsigned lapack_threads,
                             [[maybe_unused]] const Context& context) {
#if defined(ENTROSPECT_HAVE_LAPACK)
  if (backend == Backend::lapack_one_stage)
    return [job, lapack_threads] { job->converged = one_stage_eigenvalues(job->a.data(), job->a.n(), job->values.data(), lapack_threads); };
  if (backend == Backend::lapack_two_stage) {
    BandMatrix<T> band = reduce_to_band(job->a, context);
    job->a = SymmetricMatrix<T>(0);
    job->off_diagonal.resize(band.n);
    if (!reduce_to_tridiagonal(band, job->values.data(), job->off_diagonal.data(), context)) return [] {};
    return [job] { job->converged = tridiagonal_eigenvalues(job->values.data(), job->off_diagonal.data(), job->values.size()); };
  }
#endif
  (void)backend;
  return [job] { job->converged = eigen_eigenvalues(job->a.data(), job->a.n(), job->values.data()); };
}

}  // namespace

template <class T>
DenseEigenvalues dense_eigenvalues(SymmetricMatrix<T> a, Backend backend, unsigned lapack_threads, const Context& context) {
  const std::size_t n = a.n();
  if (n > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw InvalidArgument("dense solvers take matrices of order up to 2147483647, not " + std::to_string(n));
  check_cancelled(context);
  const auto job = std::make_shared<Job<T>>(Job<T>{.a = std::move(a), .values = std::vector<T>(n)});
  const std::function<void()> solve = solver(job, backend, lapack_threads, context);
  if (n < kAbandonableFrom)
    solve();
  else
    run_abandonable(context, solve);

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
