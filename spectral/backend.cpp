#include "entrospect/spectral/backend.hpp"

#include <string>

namespace entrospect {
namespace {

constexpr std::size_t kEigenBelow = 64;
constexpr std::size_t kTwoStageFrom = 768;  // on one thread; more threads only help the two-stage solver

}  // namespace

const Choices<Backend>& backend_choices() {
  static const Choices<Backend> choices{{"auto", Backend::automatic},
                                        {"dense-eigen", Backend::dense_eigen},
                                        {"lapack-one-stage", Backend::lapack_one_stage},
                                        {"lapack-two-stage", Backend::lapack_two_stage}};
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

Backend select_backend(std::size_t n, Backend requested, bool lapack) {
  if (requested != Backend::automatic) {
    if (requested != Backend::dense_eigen && !lapack)
      throw InvalidArgument("backend '" + std::string(name(requested)) +
                            "' needs LAPACK, which this build does not have; use 'auto' or 'dense-eigen'");
    return requested;
  }
  if (n < kEigenBelow || !lapack) return Backend::dense_eigen;
  return n < kTwoStageFrom ? Backend::lapack_one_stage : Backend::lapack_two_stage;
}

}  // namespace entrospect
