#include "entrospect/spectral/backend.hpp"

#include <string>

namespace entrospect {
namespace {

constexpr std::size_t kEigenBelow = 64;
constexpr std::size_t kTwoStageFrom = 768;  // on one thread; more threads only help the two-stage solver
constexpr std::size_t kLanczosFrom = 2000, kLanczosShare = 200;
constexpr std::size_t kProductShare = 16;

void check_lanczos(std::size_t n, std::size_t leading, bool built_in) {
  if (!built_in) throw InvalidArgument("backend 'lanczos' needs Spectra, which this build does not have; use 'auto'");
  if (leading < 1 || leading >= n)
    throw InvalidArgument("backend 'lanczos' computes a few leading eigenvalues: leading = " + std::to_string(leading) +
                          " is not in [1, n - 1] for a matrix of order n = " + std::to_string(n) + "; use 'auto' for all of them");
}

}  // namespace

const Choices<Backend>& backend_choices() {
  static const Choices<Backend> choices{{"auto", Backend::automatic},
                                        {"dense-eigen", Backend::dense_eigen},
                                        {"lapack-one-stage", Backend::lapack_one_stage},
                                        {"lapack-two-stage", Backend::lapack_two_stage},
                                        {"lanczos", Backend::lanczos}};
  return choices;
}

const Choices<Backend>& complete_backend_choices() {
  static const Choices<Backend> choices = [] {
    Choices<Backend> out = backend_choices();
    std::erase_if(out, [](const auto& choice) { return choice.second == Backend::lanczos; });
    return out;
  }();
  return choices;
}

std::string_view name(Backend backend) {
  for (const auto& [word, value] : backend_choices())
    if (value == backend) return word;
  return {};
}

const Choices<Precision>& precision_choices() {
  static const Choices<Precision> choices{{"double", Precision::automatic_double}, {"single", Precision::single}};
  return choices;
}

bool lapack_available() {
#if defined(ENTROSPECT_HAVE_LAPACK)
  return true;
#else
  return false;
#endif
}

Backend select_backend(std::size_t n, Backend requested, std::size_t leading, bool lapack, bool lanczos) {
  if (requested == Backend::lanczos) {
    check_lanczos(n, leading, lanczos);
    return requested;
  }
  if (requested != Backend::automatic) {
    if (requested != Backend::dense_eigen && !lapack)
      throw InvalidArgument("backend '" + std::string(name(requested)) +
                            "' needs LAPACK, which this build does not have; use 'auto' or 'dense-eigen'");
    return requested;
  }
  if (lanczos && n >= kLanczosFrom && leading >= 1 && leading <= n / kLanczosShare) return Backend::lanczos;
  if (n < kEigenBelow || !lapack) return Backend::dense_eigen;
  return n < kTwoStageFrom ? Backend::lapack_one_stage : Backend::lapack_two_stage;
}

std::size_t lanczos_products(std::size_t n) { return n / kProductShare; }

}  // namespace entrospect
