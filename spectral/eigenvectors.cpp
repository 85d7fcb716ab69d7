#include "entrospect/spectral/eigenvectors.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"

namespace entrospect::detail {
namespace {

// Below this order a solve takes a few milliseconds, so it runs in the calling thread and need not be abandoned.
constexpr std::size_t kAbandonableFrom = 256;

// What a solve that nobody waits for any more must own.
struct Job {
  SymmetricMatrix<double> a;
  std::vector<double> values;
  bool converged = false;
};

void solve(Job& job, Backend backend, [[maybe_unused]] unsigned lapack_threads) {
#if defined(ENTROSPECT_HAVE_LAPACK)
  if (backend == Backend::lapack_one_stage) {
    job.converged = lapack_eigenvectors(job.a.data(), job.a.n(), job.values.data(), lapack_threads);
    return;
  }
#endif
  (void)backend;
  job.converged = eigen_eigenvectors(job.a.data(), job.a.n(), job.values.data());
}

}  // namespace

Backend select_vector_backend(std::size_t n, Backend requested) {
  constexpr std::size_t kOneStage = 64;  // of select_backend(): its rule below the orders where two stages pay
  if (requested == Backend::automatic) return select_backend(std::min(n, kOneStage), requested);
  if (requested == Backend::dense_eigen || requested == Backend::lapack_one_stage) return select_backend(n, requested);
  throw InvalidArgument("backend = '" + std::string(name(requested)) +
                        "' computes no eigenvectors, which a gradient needs; use 'auto', 'lapack-one-stage' or 'dense-eigen'");
}

bool eigen_eigenvectors(double* a, std::size_t n, double* values) {
  using Matrix = Eigen::MatrixXd;  // column-major: a column of vectors is a row of the result
  const auto order = static_cast<Eigen::Index>(n);
  Eigen::Map<Matrix> matrix(a, order, order);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(matrix);
  Eigen::Map<Eigen::VectorXd>(values, order) = solver.eigenvalues();
  matrix = solver.eigenvectors();
  return solver.info() == Eigen::Success;
}

DenseEigenvectors dense_eigenvectors(SymmetricMatrix<double> a, Backend backend, unsigned lapack_threads, const Context& context) {
  const std::size_t n = a.n();
  if (n > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw InvalidArgument("dense solvers take matrices of order up to 2147483647, not " + std::to_string(n));
  check_cancelled(context);
  const auto job = std::make_shared<Job>(Job{std::move(a), std::vector<double>(n)});
  const auto run = [job, backend, lapack_threads] { solve(*job, backend, lapack_threads); };
  if (n < kAbandonableFrom)
    run();
  else
    run_abandonable(context, run);

  DenseEigenvectors out;
  out.values.assign(job->values.rbegin(), job->values.rend());
  if (job->converged) {
    out.vectors.assign(job->a.data(), job->a.data() + n * n);
  } else {
    out.status = Status::not_converged;
    out.reason = std::string(name(backend)) + " did not converge at order " + std::to_string(n);
  }
  return out;
}

}  // namespace entrospect::detail
