#include "entrospect/bindings/cli/version.hpp"

#include <xxhash.h>
#include <zip.h>

#include <CLI/Version.hpp>
#include <nlohmann/json.hpp>

#include "entrospect/core/parallel.hpp"
#include "entrospect/estimators/catalogue.hpp"
#include "entrospect/spectral/backend.hpp"
#include "entrospect/spectral/build_info.hpp"

namespace entrospect::cli {
namespace {

nlohmann::ordered_json versions() {
  const unsigned hash = XXH_versionNumber();
  nlohmann::ordered_json json;
  json["entrospect"] = ENTROSPECT_VERSION;
  json["compiler"] = ENTROSPECT_COMPILER;
  json["Eigen"] = ENTROSPECT_EIGEN_VERSION;
  json["Boost"] = ENTROSPECT_BOOST_VERSION;
  json["LAPACK"] = linear_algebra();
  json["nlohmann-json"] = std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." + std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." +
                          std::to_string(NLOHMANN_JSON_VERSION_PATCH);
  json["CLI11"] = CLI11_VERSION;
  json["libzip"] = zip_libzip_version();
  json["xxHash"] = std::to_string(hash / 10000) + "." + std::to_string(hash / 100 % 100) + "." + std::to_string(hash % 100);
  return json;
}

}  // namespace

std::string versions_json() { return versions().dump(); }

std::string versions_text() {
  std::string out;
  for (const auto& [name, version] : versions().items())
    out += name + std::string(out.empty() ? 1 : 15 - name.size(), ' ') + version.get<std::string>() + '\n';
  out += "threads        " + std::to_string(thread_count({})) + '\n';
  out += "estimators     " + std::to_string(catalogue().size()) + '\n';
  out += "files          .npy, .npz, .safetensors, .safetensors.index.json\n";
  return out;
}

}  // namespace entrospect::cli
