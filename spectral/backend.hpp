#pragma once
// Which solver computes a spectrum. select_backend() is a pure function of its arguments: the table below is its whole content.
//
//   n < 64, or no LAPACK built in      dense_eigen
//   64 <= n < 768                      lapack_one_stage   (?syevd 'N')
//   n >= 768                           lapack_two_stage   (our own reduction to a band and to tridiagonal form, ?sterf)
//   n >= 2000, 1 <= leading <= n / 200 lanczos            (Spectra; only if it is built in; spectra that are not `complete`)
//
// Lanczos is fast where the leading values stand out and slower than a dense solver where the spectrum is flat, which shapes do not tell.
// An automatic choice of it therefore ends after lanczos_products(n) products; the spectrum is then that of the dense solver in the table
// for all values, and says so (`lanczos_gave_up_after` in its diagnostics). A Lanczos that was asked for by name goes on.
//
// Stochastic quadrature and matrix-free backends join this list.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "entrospect/core/options.hpp"

namespace entrospect {

enum class Backend { automatic, dense_eigen, lapack_one_stage, lapack_two_stage, lanczos };
const Choices<Backend>& backend_choices();
const Choices<Backend>& complete_backend_choices();  // those that compute every eigenvalue
std::string_view name(Backend backend);              // "auto", "dense-eigen", "lapack-one-stage", "lapack-two-stage", "lanczos"

// Single: float32 products with float64 merges and a float32 solver, opt-in, reported. Refused by quantities that depend on small
// eigenvalues.
enum class Precision { automatic_double, single };
const Choices<Precision>& precision_choices();  // "double", "single"

struct SolverOptions {
  Backend backend = Backend::automatic;
  Precision precision = Precision::automatic_double;
  unsigned lapack_threads = 1;  // of a one-stage solve; reported, since bits may differ between counts
};

bool lapack_available();
bool lanczos_available();
// `requested` unless it is automatic. `leading`: how many values are wanted, 0 for all. Throws InvalidArgument when what is requested is
// not built in, and when lanczos is requested for none or for all of the values.
Backend select_backend(std::size_t n, Backend requested, std::size_t leading = 0, bool lapack = lapack_available(),
                       bool lanczos = lanczos_available());

// Products with the matrix that an automatic Lanczos may do: n / 16, less than half of the dense solver's time.
std::size_t lanczos_products(std::size_t n);

}  // namespace entrospect
