#include "entrospect/spectral/build_info.hpp"

#include "entrospect/spectral/backend.hpp"

// Weak, so that any BLAS links: the address is null where the library does not have the function.
extern "C" {
char* openblas_get_config() __attribute__((weak));
char* openblas_get_corename() __attribute__((weak));
}

namespace entrospect {

std::string linear_algebra() {
  if (!lapack_available()) return "none (Eigen)";
  if (openblas_get_config == nullptr || openblas_get_corename == nullptr) return "a LAPACK that does not tell its version";
  // The configuration starts with name and version: "OpenBLAS 0.3.21 NO_AFFINITY ...".
  const std::string config = openblas_get_config();
  const std::size_t version_end = config.find(' ', config.find(' ') + 1);
  return config.substr(0, version_end) + " (" + openblas_get_corename() + ")";
}

}  // namespace entrospect
