#include "entrospect/bindings/io/libraries.hpp"

#include <xxhash.h>
#include <zip.h>

#include <nlohmann/json.hpp>

#include "entrospect/spectral/build_info.hpp"

namespace entrospect::io {
namespace {

std::string dotted(unsigned major, unsigned minor, unsigned patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace

// The ENTROSPECT_ names come from CMake, which found the packages.
std::vector<std::pair<std::string, std::string>> library_versions() {
  const unsigned hash = XXH_versionNumber();
  return {{"entrospect", ENTROSPECT_VERSION},
          {"compiler", ENTROSPECT_COMPILER},
          {"Eigen", ENTROSPECT_EIGEN_VERSION},
          {"Boost", ENTROSPECT_BOOST_VERSION},
          {"Spectra", ENTROSPECT_SPECTRA_VERSION},
          {"LAPACK", linear_algebra()},
          {"nlohmann-json", dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
          {"libzip", zip_libzip_version()},
          {"xxHash", dotted(hash / 10000, hash / 100 % 100, hash % 100)}};
}

}  // namespace entrospect::io
